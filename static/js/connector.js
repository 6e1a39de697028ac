// Test Connection: sends what the page holds and shows the answer beside the button. Nothing is saved and no field is lost.
(() => {
  "use strict";
  const form = document.getElementById("connector");
  const button = document.getElementById("test-button");
  const place = document.getElementById("test-answer");
  if (!form || !button || !place) { return; }
  const say = (words) => {
    const line = document.createElement("p");
    line.className = "quiet";
    line.textContent = words;
    place.replaceChildren(line);
  };
  button.addEventListener("click", async () => {
    button.disabled = true;
    say("Asking BigCommerce and Saasu…");
    try {
      const answer = await fetch(form.dataset.test, { method: "POST", body: new FormData(form), credentials: "same-origin", headers: { "X-Requested-With": "fetch" } });
      if (answer.ok && !answer.redirected) { place.innerHTML = await answer.text(); } else { say("The test could not be made. Reload the page and try again."); }
    } catch (error) {
      say("The portal does not answer. Try again in a moment.");
    }
    button.disabled = false;
  });
})();
