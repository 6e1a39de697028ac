// Keeps a part of the page up to date in place, so that the page never moves under the reader.
//   data-live="address"       asked again and again; answers with the same partial, newly rendered
//   data-live-every="ms"      how often (default 5000)
//   data-live-done            somewhere inside: nothing will change any more, stop asking
//   data-while-live           anywhere on the page: goes when nothing will change any more
//   data-row="key" on a row   rows are matched by it: known ones change in place, new ones wait behind a button "3 new"
//                             when the reader has scrolled past the head of the list
(() => {
  "use strict";
  const rowsOf = (room) => Array.from(room.querySelectorAll("[data-row]"));
  const keep = (fresh, room) => {
    // A form token is new in each rendering; that alone is no change.
    const here = room.querySelector('input[name="csrf_token"]');
    if (here) { fresh.querySelectorAll('input[name="csrf_token"]').forEach((field) => field.setAttribute("value", here.getAttribute("value"))); }
  };

  const swap = (room, fresh) => {
    const opened = Array.from(room.querySelectorAll("details[id][open]"), (one) => one.id);
    opened.forEach((id) => { const one = fresh.querySelector(`#${CSS.escape(id)}`); if (one) { one.open = true; } });
    const at = document.activeElement;
    const back = room.contains(at) && at !== room ? (at.id ? `#${CSS.escape(at.id)}` : at.getAttribute("href") ? `a[href="${CSS.escape(at.getAttribute("href"))}"]` : "") : "";
    const tables = Array.from(room.querySelectorAll(".table-room"), (one) => one.scrollLeft);
    room.replaceChildren(...fresh.childNodes);
    room.querySelectorAll(".table-room").forEach((one, place) => { one.scrollLeft = tables[place] || 0; });
    if (back) { const again = room.querySelector(back); if (again) { again.focus({ preventScroll: true }); } }
  };

  const offer = (room, count, show) => {
    let button = room.previousElementSibling;
    if (!button || !button.matches("[data-live-new]")) {
      button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-sm btn-outline-primary live-new";
      button.dataset.liveNew = "";
      room.before(button);
    }
    button.textContent = `${count} new`;
    button.onclick = () => { button.remove(); show(); };
  };
  const withdraw = (room) => {
    const button = room.previousElementSibling;
    if (button && button.matches("[data-live-new]")) { button.remove(); }
  };

  const arrive = (room, fresh) => {
    const known = new Set(rowsOf(room).map((row) => row.dataset.row));
    const fresher = rowsOf(fresh).filter((row) => !known.has(row.dataset.row));
    const reading = known.size > 0 && rowsOf(room)[0].getBoundingClientRect().top < 0;
    if (!fresher.length || !reading) { withdraw(room); swap(room, fresh); return; }
    const whole = fresh.cloneNode(true);
    fresher.forEach((row) => row.remove());
    if (fresh.innerHTML !== room.innerHTML) { swap(room, fresh); }
    offer(room, fresher.length, () => swap(room, whole));
  };

  const busy = (room) => {
    const at = document.activeElement;
    return room.contains(at) && at.matches("input, select, textarea, summary");
  };

  // The frame's count of what needs somebody is no part of the room: it comes beside each answer.
  const count = (answer) => {
    const now = answer.headers.get("X-Needs-You");
    const link = document.querySelector("[data-needs-you]");
    if (now === null || !link) { return; }
    let badge = link.querySelector(".frame-count");
    if (now === "0") { if (badge) { badge.remove(); } return; }
    if (!badge) {
      badge = document.createElement("span");
      badge.className = "frame-count";
      link.append(" ", badge);
    }
    badge.textContent = now;
  };

  const refresh = async (room) => {
    let again = true;
    try {
      if (!document.hidden) {
        const answer = await fetch(room.dataset.live, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } });
        if (answer.status === 401) { tell(room, "You are signed out. Reload the page to sign in again."); return; }
        if (answer.ok && !answer.redirected) {
          count(answer);
          const fresh = document.createElement("div");
          fresh.innerHTML = await answer.text();
          keep(fresh, room);
          again = !fresh.querySelector("[data-live-done]");
          if (!again) { document.querySelectorAll("[data-while-live]").forEach((one) => one.remove()); }
          if (fresh.innerHTML !== room.innerHTML && (!busy(room) || !again)) { arrive(room, fresh); }
        }
      }
    } catch (error) { /* the portal is away for a moment; ask again */ }
    if (again) { later(room); }
  };
  const tell = (room, words) => {
    const line = document.createElement("p");
    line.className = "flash flash-info";
    line.setAttribute("role", "status");
    line.textContent = words;
    room.before(line);
  };
  const later = (room) => window.setTimeout(refresh, Number(room.dataset.liveEvery || 5000), room);
  document.querySelectorAll("[data-live]").forEach((room) => { if (!room.querySelector("[data-live-done]")) { later(room); } });
})();
