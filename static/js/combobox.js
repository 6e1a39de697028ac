// Makes a long list searchable: typing in the field above it leaves the choices that contain every word typed. Without the
// script the list itself works. The down arrow goes from the field into the list; Enter takes the only match.
(() => {
  "use strict";
  const LONG = 10;
  const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

  const searchable = (list) => {
    if (list.options.length <= LONG) { return; }
    const every = Array.from(list.options);
    const find = document.createElement("input");
    const found = document.createElement("p");
    find.type = "search";
    find.className = "form-control form-control-sm combo-find";
    find.placeholder = list.dataset.combobox;
    find.autocomplete = "off";
    find.spellcheck = false;
    find.id = `${list.id}-find`;
    find.setAttribute("aria-label", "Search this list");
    find.setAttribute("aria-controls", list.id);
    found.className = "visually-hidden";
    found.setAttribute("role", "status");

    const narrow = () => {
      const words = wordsOf(find.value);
      const chosen = list.value;
      const matches = every.filter((one) => words.every((word) => one.text.toLowerCase().includes(word)));
      // The one that is chosen stays, so that searching alone never changes what is sent.
      list.replaceChildren(...every.filter((one) => one.value === chosen || matches.includes(one)));
      list.value = chosen;
      found.textContent = words.length ? `${matches.length} of ${every.length} match` : "";
      return matches;
    };
    find.addEventListener("input", narrow);
    find.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") { event.preventDefault(); list.focus(); }
      if (event.key === "Escape" && find.value) { event.stopPropagation(); find.value = ""; narrow(); }
      if (event.key === "Enter") {
        // Enter in a search must not send the form.
        event.preventDefault();
        const matches = narrow();
        if (find.value && matches.length === 1) {
          list.value = matches[0].value;
          find.value = "";
          narrow();
          list.dispatchEvent(new Event("change", { bubbles: true }));
          list.focus();
        }
      }
    });
    list.before(find, found);
  };
  document.querySelectorAll("select[data-combobox]").forEach(searchable);
})();
