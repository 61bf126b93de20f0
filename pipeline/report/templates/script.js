"use strict";
// Linked sentences, filters, the threshold of doubt and citations; the page can be read without it.

const sentences = document.getElementsByClassName("s");
const controls = document.getElementById("controls");
const unsureMark = "?\u2060";

for (const [name, on] of [["mouseover", true], ["focusin", true], ["mouseout", false], ["focusout", false]]) {
  document.addEventListener(name, (event) => {
    const sentence = event.target.closest?.(".s");
    if (!sentence) return;
    markLinked(sentence, on);
    if (on) offerCopy(sentence);
  });
}

function markLinked(sentence, on) {
  for (const id of sentence.dataset.linked.split(" ").filter(Boolean)) {
    document.getElementById(id).classList.toggle("linked", on);
  }
}

// Keyboard: arrows lead from sentence to sentence, Escape closes a card.
document.addEventListener("keydown", (event) => {
  const here = document.activeElement;
  if (event.key === "Escape" && here.closest(".detail")) here.closest(".s").focus();
  else if (event.key === "Escape") here.blur();
  if (!here.matches(".s") || event.altKey || event.ctrlKey || event.metaKey) return;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const shown = [...sentences].filter((one) => one === here || one.offsetParent && !one.matches(".aside"));
  shown[shown.indexOf(here) + step]?.focus();
});

// Citations. A button is made when its card is first shown: a long text has thousands.
function offerCopy(sentence) {
  const actions = sentence.querySelector(".actions");
  if (actions.querySelector(".copy")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy with citation";
  button.addEventListener("click", async () => {
    await copy(citation(sentence), button);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy with citation"; }, 2000);
  });
  actions.prepend(button);
}

function citation(sentence) {
  const { stance, likeliest, number, sure } = sentence.dataset;
  const words = sentence.querySelector(".words").textContent.replace(/\s+/g, " ").trim();
  const source = sentence.closest("[data-source]").dataset.source;
  const read = sentence.classList.contains("unsure") ? `unsure, likeliest ${likeliest}` : stance;
  return `“${words}” (${source}, sentence ${number}; stance: ${read}, probability ${Number(sure).toFixed(2)})`;
}

async function copy(text, beside) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Browsers give the clipboard to secure pages alone, not to one that another machine serves by http.
  const area = document.createElement("textarea");
  area.value = text;
  beside.after(area);
  area.select();
  document.execCommand("copy");
  area.remove();
  beside.focus();
}

// What is shown as unsure, and which sentences are set aside.
function update() {
  const chosen = new Set([...controls.querySelectorAll("[name=stance]:checked")].map((box) => box.value));
  const field = (name) => controls.querySelector(`[name=${name}]`);
  const holder = field("holder").value;
  const [least, most] = field("sure").value.split(" ").map(Number);
  const threshold = Number(field("threshold").value);
  let n_shown = 0, n_unsure = 0;
  controls.querySelector(".threshold").textContent = threshold.toFixed(2);
  document.body.classList.toggle("hide-aside", field("hide").checked);
  for (const sentence of sentences) {
    const { likeliest, sure, holder: held } = sentence.dataset;
    const stance = showStance(sentence, sure < threshold);
    const shown = chosen.has(stance) && (!holder || held === holder) && sure >= least && sure <= most;
    sentence.classList.toggle("aside", !shown);
    bars.get(sentence.id)?.classList.toggle("aside", !shown);
    n_shown += shown;
    n_unsure += stance === "unsure";
  }
  for (const paragraph of document.querySelectorAll(".text p")) {
    const inside = [...paragraph.querySelectorAll(".s")];
    paragraph.classList.toggle("empty", inside.length > 0 && inside.every((one) => one.matches(".aside")));
  }
  controls.querySelector("[role=status]").textContent =
    `${n_shown} of ${sentences.length} sentences shown` + (n_unsure ? `, unsure of ${n_unsure}` : "") +
    (threshold > 0.25 ? ". The figures above count every sentence by its probabilities and stay." : "");
}

// Shows a sentence with its stance, or as unsure; returns which.
function showStance(sentence, doubted) {
  const stance = doubted ? "unsure" : sentence.dataset.stance;
  const before = ["conciliatory", "demanding", "skeptical", "neutral", "unsure"]
    .find((name) => sentence.classList.contains(name));
  if (stance === before) return stance;
  const mark = sentence.querySelector(".mark"), chip = sentence.querySelector(".chip");
  sentence.dataset.mark ??= mark.textContent;
  sentence.dataset.chip ??= chip.textContent;
  sentence.classList.replace(before, stance);
  mark.textContent = doubted ? unsureMark : sentence.dataset.mark;
  chip.textContent = doubted ? `? unsure, likeliest ${sentence.dataset.likeliest}` : sentence.dataset.chip;
  bars.get(sentence.id)?.classList.toggle("doubted", doubted);
  return stance;
}

const bars = new Map();
for (const bar of document.querySelectorAll(".strip a")) {
  bars.set(bar.getAttribute("href").slice(1), bar);
}

if (controls) {
  document.getElementById("legend").hidden = true;
  controls.hidden = false;
  controls.addEventListener("input", update);
  controls.querySelector("[name=reset]").addEventListener("click", () => {
    for (const box of controls.querySelectorAll("[name=stance]")) box.checked = true;
    for (const select of controls.querySelectorAll("select")) select.selectedIndex = 0;
    controls.querySelector("[name=threshold]").value = 0.25;
    controls.querySelector("[name=hide]").checked = false;
    update();
  });
  update();
}
