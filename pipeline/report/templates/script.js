"use strict";
// Shows which sentences of the other accounts make the same point; the page works without it.
function mark(sentence, on) {
  for (const id of (sentence.dataset.linked || "").split(" ").filter(Boolean)) {
    document.getElementById(id).classList.toggle("linked", on);
  }
}
for (const sentence of document.querySelectorAll(".s")) {
  sentence.addEventListener("mouseenter", () => mark(sentence, true));
  sentence.addEventListener("mouseleave", () => mark(sentence, false));
  sentence.addEventListener("focus", () => mark(sentence, true));
  sentence.addEventListener("blur", () => mark(sentence, false));
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.activeElement) document.activeElement.blur();
});
