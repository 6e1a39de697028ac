// Makes a long list searchable: typing above it leaves only the choices that contain the words. Without it the plain list works.
(() => {
  "use strict";
  const LONG = 8;
  document.querySelectorAll("select.form-select").forEach((list) => {
    if (list.options.length <= LONG) { return; }
    const label = document.querySelector(`label[for="${list.id}"]`);
    const find = document.createElement("input");
    find.type = "search";
    find.className = "form-control form-control-sm combo-find";
    find.placeholder = "search items…";
    find.autocomplete = "off";
    find.setAttribute("aria-label", `Search: ${label ? label.textContent.trim() : "items"}`);
    const every = Array.from(list.options);
    find.addEventListener("input", () => {
      const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
      const chosen = list.value;
      const kept = every.filter((one) => one.value === chosen || !one.value || words.every((word) => one.text.toLowerCase().includes(word)));
      list.replaceChildren(...kept);
      list.value = chosen;
    });
    list.before(find);
  });
})();
