// Words that are marked in the report, or chosen among those nearby, go into the field for words.

function field() {
  return document.querySelector('#correct input[name="phrase"]');
}

document.addEventListener("selectionchange", () => {
  const chosen = document.getSelection();
  const text = document.querySelector("#text");
  if (!chosen || chosen.isCollapsed || !text.contains(chosen.anchorNode) || !text.contains(chosen.focusNode)) return;
  const words = chosen.toString().trim().replace(/\s+/g, " ");
  if (words && words.length <= 200) field().value = words;
});

document.addEventListener("click", (event) => {
  const near = event.target.closest("button.near");
  if (near) field().value = near.dataset.words;
});
