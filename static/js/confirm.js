// An act that asks first unfolds in place without a script; this adds the way back and moves the focus along.
(() => {
  "use strict";
  document.querySelectorAll("details[data-confirm]").forEach((ask) => {
    const no = ask.querySelector("[data-confirm-no]");
    ask.addEventListener("toggle", () => {
      if (ask.open) { (no || ask.querySelector("button")).focus(); }
    });
    if (no) {
      no.hidden = false;
      no.addEventListener("click", () => { ask.open = false; ask.querySelector("summary").focus(); });
    }
  });
})();
