// What the result page gains with scripts: printing, copying, opening all trials at once.
"use strict";

const show = (selector, act) => {
  for (const button of document.querySelectorAll(selector)) {
    button.hidden = false;
    button.addEventListener("click", () => act(button));
  }
};

show("[data-print]", () => window.print());

show("[data-copy]", async (button) => {
  const text = document.getElementById(button.dataset.copy);
  const told = document.querySelector("[data-copied]");
  try {
    await navigator.clipboard.writeText(text.value);
    told.textContent = "Copied.";
  } catch {
    text.focus();
    text.select();
    told.textContent = "The browser does not allow copying here: the text is selected, press Ctrl+C.";
  }
});

show("[data-open-all]", (button) => {
  const trials = [...document.querySelectorAll(".trial, .trial-group--folded")];
  const open = trials.some((trial) => !trial.open);
  for (const trial of trials) trial.open = open;
  button.textContent = open ? "Close all" : "Open all";
});

// A link to a criterion opens the sections that hold it, in browsers that do not do so themselves.
const reveal = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
  target.scrollIntoView();
};
window.addEventListener("hashchange", reveal);
reveal();
