// The queue: tick all rows at once, and go to the search with "/" where nothing else is typed.
"use strict";

const all = document.querySelector("[data-tick-all]");
if (all) {
  const boxes = [...document.querySelectorAll("input[name=row]")];
  const settle = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
    if (ticked > 0) document.querySelector(".plan").open = true;
  };
  all.hidden = false;
  all.addEventListener("change", () => {
    boxes.forEach((box) => { box.checked = all.checked; });
    settle();
  });
  boxes.forEach((box) => box.addEventListener("change", settle));
}

const search = document.querySelector("[data-search]");
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  event.preventDefault();
  search.focus();
  search.select();
});
