// Asks before a page is left whose form was changed and not saved: by a link, or by a button that belongs to another form.
// Without the script the form's own buttons still bring back what was typed. *Orders From* belongs to its buttons and is no setting.
(() => {
  "use strict";
  const form = document.getElementById("connector");
  if (!form) { return; }
  const content = () => {
    const fields = new FormData(form);
    fields.delete("orders_from");
    return new URLSearchParams(fields).toString();
  };
  const saved = "unsaved" in form.dataset ? null : content();
  let sending = false;
  form.addEventListener("submit", () => { sending = true; });
  window.addEventListener("pageshow", () => { sending = false; });
  window.addEventListener("beforeunload", (event) => {
    if (sending || content() === saved) { return; }
    event.preventDefault();
    event.returnValue = "";
    // Whoever stays may send the other form later.
    window.setTimeout(() => { document.querySelectorAll("form[data-sent]").forEach((one) => { delete one.dataset.sent; }); }, 500);
  });
})();
