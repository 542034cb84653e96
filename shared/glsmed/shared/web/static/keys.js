// Keys: an element with data-key="x" is pressed when somebody presses x and is not writing.
//
// A field is focused, anything else is clicked. Escape leaves a field. "[" and "]" need nothing special.

function isWriting(element) {
  return element.matches("textarea, select, [contenteditable]") ||
    (element.matches("input") && !["checkbox", "radio", "button", "submit"].includes(element.type));
}

function act(element) {
  if (isWriting(element)) element.focus();
  else element.click();
}

export function startKeys(root) {
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isWriting(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const found = [...root.querySelectorAll(`[data-key="${CSS.escape(event.key)}"]`)];
    const shown = found.find((element) => element.checkVisibility() && !element.disabled);
    if (!shown) return;
    event.preventDefault();
    act(shown);
  });
}
