// What the form gains with scripts: gated questions open at once, small panels close by themselves, a
// reason ticks "not known" and a value unticks it. Saving and the panel of trials are htmx attributes.
"use strict";

const form = document.getElementById("answers");

// The server says which gates hold; what is open and in use is never closed.
document.body.addEventListener("gates", (event) => {
  for (const key of event.detail.open) {
    const block = document.querySelector(`[data-gate="${CSS.escape(key)}"]`);
    if (block) block.open = true;
  }
});

// Saves of one page are numbered, so that one that is slow on its way never undoes a later one.
const page = Date.now().toString(36);
const told = document.getElementById("saved");
let turn = 0;
let unsaved = false;
const nextTurn = () => `${page}.${++turn}`;

form.addEventListener("input", (event) => {
  unsaved = true;
  lastCounts(event.target);
});
document.body.addEventListener("htmx:configRequest", (event) => {
  event.detail.parameters.turn = nextTurn();
  unsaved = false;
});
// Enter saves, and the page comes back at the field it was pressed in.
const placeOf = (field) => (field.type === "radio" ? field.closest(".fact")?.id : field.name) ?? "";
form.addEventListener("submit", () => {
  form.elements.turn.value = nextTurn();
  form.elements.field.value = placeOf(document.activeElement);
  unsaved = false;
});
document.body.addEventListener("htmx:afterSettle", () => {
  told.textContent = document.querySelector("#panel .panel__saved").textContent.toLowerCase();
});
for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.body.addEventListener(failure, () => {
    unsaved = true;
    told.textContent = "not saved: the server did not answer, press Save and leave to try again";
  });
}

// What was typed last is sent along when the page is left by a link or closed.
window.addEventListener("pagehide", () => {
  if (!unsaved) return;
  form.elements.turn.value = nextTurn();
  navigator.sendBeacon(form.getAttribute("hx-post"), new FormData(form));
});

// Of a value and "not known" the one that was touched last counts; what was typed stays either way.
const lastCounts = (touched) => {
  const fact = touched.closest(".fact");
  const box = fact?.querySelector("input[type=checkbox][name$='-unknown']");
  if (!box) return;
  const stem = box.name.slice(0, -"-unknown".length);
  if (touched === box) box.value = "last";
  const isValue = [stem, `${stem}-age`].includes(touched.name) || touched.name.startsWith(`${stem}-is-`);
  if (isValue && !["", "?", "unknown"].includes(touched.value.trim())) box.checked = false;
};
form.addEventListener("change", (event) => {
  const name = event.target.name ?? "";
  if (name.endsWith("-why") && event.target.value) {
    const fact = event.target.closest(".fact");
    const unknown =
      fact.querySelector("[name$='-unknown']") ?? fact.querySelector("[type=radio][value=unknown]");
    if (!unknown || unknown.checked) return;
    unknown.checked = true;
    lastCounts(unknown);
  }
});

const close = (except) => {
  for (const panel of form.querySelectorAll(".fact__more[open]")) {
    if (!panel.contains(except)) panel.open = false;
  }
};
document.addEventListener("click", (event) => close(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const panel = event.target.closest?.(".fact__more[open]");
  close(null);
  panel?.querySelector("summary").focus();
});

document.querySelector(".stages__link[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// A link to a question opens the block that holds it and puts the cursor there.
const reveal = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
  target.scrollIntoView({ block: "center" });
  const field = target.matches("fieldset") ? target.querySelector("input:checked") : target;
  if (field?.matches("input, select")) field.focus({ preventScroll: true });
};
// The browser goes to the place itself while it loads the page, and takes the cursor off a mere question:
// on a busy machine a moment after the page is there.
const revealAgain = () => {
  if (document.activeElement === document.body) reveal();
};
for (const moment of ["load", "hashchange"]) window.addEventListener(moment, reveal);
window.addEventListener("load", () => setTimeout(revealAgain, 100));
