// Keeps [data-live] up to date in place: asks its address every so often and swaps what changed, until told it is done.
(() => {
  "use strict";
  const refresh = async (room) => {
    if (!document.hidden) {
      try {
        const answer = await fetch(room.dataset.live, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } });
        if (answer.redirected) { return; }
        if (answer.ok) {
          const text = await answer.text();
          const fresh = document.createElement("div");
          fresh.innerHTML = text;
          fresh.querySelectorAll('input[name="csrf_token"]').forEach((field) => {
            const here = room.querySelector('input[name="csrf_token"]');
            if (here) { field.setAttribute("value", here.getAttribute("value")); }
          });
          const held = room.contains(document.activeElement) && document.activeElement !== room;
          if (!held && fresh.innerHTML !== room.innerHTML) { room.replaceChildren(...fresh.childNodes); }
          if (room.querySelector("[data-live-done]") || text.includes("data-live-done")) { return; }
        }
      } catch (error) { /* the portal is away for a moment; ask again */ }
    }
    window.setTimeout(refresh, Number(room.dataset.liveEvery || 5000), room);
  };
  document.querySelectorAll("[data-live]").forEach((room) => {
    if (!room.querySelector("[data-live-done]")) { window.setTimeout(refresh, Number(room.dataset.liveEvery || 5000), room); }
  });
})();
