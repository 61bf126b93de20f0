"use strict";
// Dropped files, progress while a text is read, and corrections without leaving the text.
// Without this script every form still works by itself.

for (const hint of document.querySelectorAll(".js-only")) hint.hidden = false;

// The form: accounts are added and files dropped without asking the server.
const form = document.getElementById("accounts");
if (form) {
  const place = form.querySelector(".accounts"), blank = document.getElementById("blank");
  const letters = "ABCDEFGHIJ", addButton = form.querySelector("[name=add]");

  const addAccount = () => {
    const number = place.children.length;
    if (number === letters.length) return null;
    if (number === 1) place.querySelector("legend").textContent = "Account A";
    const html = blank.innerHTML.replaceAll("NUMBER", number).replaceAll("LETTER", letters[number]);
    place.insertAdjacentHTML("beforeend", html);
    form.querySelector(".primary").textContent = "Compare";
    if (number + 1 === letters.length) addButton.hidden = true;
    return place.lastElementChild;
  };
  addButton?.addEventListener("click", (event) => {
    event.preventDefault();
    addAccount()?.querySelector("textarea").focus();
  });

  const isBlank = (account) =>
    !account.querySelector("textarea").value.trim() && !account.querySelector("[type=file]").files.length;
  const drop = (file, wanted) => {
    const account = wanted && isBlank(wanted) ? wanted : [...place.children].find(isBlank) ?? addAccount();
    if (!account) return;
    const transfer = new DataTransfer();
    transfer.items.add(file);
    account.querySelector("[type=file]").files = transfer.files;
    account.querySelector(".again")?.remove();
  };
  const over = (event) => {
    for (const account of place.children) {
      account.classList.toggle("over", event.type === "dragover" && account.contains(event.target));
    }
  };
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    over(event);
  });
  document.addEventListener("dragleave", over);
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    over(event);
    for (const file of event.dataTransfer.files) drop(file, event.target.closest(".account"));
  });

  for (const one of [form, document.querySelector(".examples")]) {
    one.addEventListener("submit", (event) => {
      event.preventDefault();
      read(one, new FormData(one, event.submitter));
    });
  }
  window.addEventListener("pageshow", () => showProgress(false));
}

// Reading: sentences arrive as lines of JSON, the address of the result as the last one.
let stopping = new AbortController();
document.getElementById("stop")?.addEventListener("click", () => stopping.abort());

async function read(sent, content) {
  stopping = new AbortController();
  showProgress(true);
  try {
    const response = await fetch(sent.action, {
      method: "POST", body: content, headers: { Accept: "application/x-ndjson" }, signal: stopping.signal,
    });
    if (!response.ok) return showProblems(response.headers.get("content-type"), await response.text());
    for await (const line of linesOf(response)) {
      if (line.location) return location.assign(line.location);
      if (line.problem) return showProblem("problem", line.problem);
      showSentence(line);
    }
    showProblem("problem", "The answer ended too early: try again.");
  } catch (error) {
    showProblem("problem", error.name === "AbortError" ? "Stopped." :
      "Readout does not answer: see whether it still runs, then try again.");
  }
}

async function* linesOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + part.value).split("\n");
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

function showProgress(on) {
  const progress = document.getElementById("progress");
  document.getElementById("ask").hidden = on;
  progress.hidden = !on;
  progress.querySelector("progress").removeAttribute("value");
  document.getElementById("preview").replaceChildren();
  if (!on) return;
  for (const problem of document.querySelectorAll("#ask .problem")) problem.hidden = true;
  document.getElementById("stage").focus();
  scrollTo(0, 0);
}

function showSentence({ text, stance, paragraph, done }) {
  const preview = document.getElementById("preview"), sentence = document.createElement("span");
  sentence.className = `${stance} tinted`;
  sentence.textContent = text;
  if (paragraph || !preview.lastElementChild) preview.append(document.createElement("p"));
  preview.lastElementChild.append(sentence, " ");
  document.querySelector("#progress progress").value = done;
}

// The server answers with the form and its problems; the form here still has the chosen files.
function showProblems(type, html) {
  if (type.includes("json")) return showProblem("problem", JSON.parse(html).detail);
  const answer = new DOMParser().parseFromString(html, "text/html");
  const found = [...answer.querySelectorAll(".problem:not([hidden])")];
  for (const problem of found) showProblem(problem.id, problem.textContent);
  if (!found.length) showProblem("problem", "The service refuses this request.");
}

function showProblem(id, message) {
  showProgress(false);
  const problem = document.getElementById(id) ?? document.getElementById("problem");
  problem.textContent = message;
  problem.hidden = false;
  const field = document.getElementById(id.replace("problem", "text"));
  field?.setAttribute("aria-invalid", "true");
  if (field) field.focus();
  else problem.scrollIntoView({ block: "center" });
}

// Corrections: the form of the sentence in a dialog; then the sentence alone is shown anew.
const said = document.createElement("p");
said.id = "said";
said.setAttribute("role", "status");
document.body.append(said);

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a.correct");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const response = await fetch(link.href).catch(() => null);
  if (!response?.ok) return location.assign(link.href);
  openDialog(await response.text(), link.closest(".s").id);
});

function openDialog(html, anchor) {
  const dialog = document.createElement("dialog");
  const fill = (page) => {
    dialog.replaceChildren(new DOMParser().parseFromString(page, "text/html").getElementById("correction"));
    dialog.querySelector("h1").id = "correcting";
    dialog.querySelector(".back").addEventListener("click", (event) => {
      event.preventDefault();
      dialog.close();
    });
    (dialog.querySelector("[name=stance]:checked") ?? dialog.querySelector("[name=stance]")).focus();
  };
  dialog.setAttribute("aria-labelledby", "correcting");
  dialog.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(event.target, event.submitter));
    const response = await fetch(event.target.action, { method: "POST", body }).catch(() => null);
    const page = await response?.text();
    if (!response) said.textContent = "Readout does not answer: the correction is not kept.";
    else if (!response.ok && page.includes('id="correction"')) fill(page);
    else if (!response.ok) showPage(page);
    else {
      dialog.close();
      showAnew(anchor, page);
      said.textContent = event.target.action.endsWith("undo") ? "Correction undone." : "Correction kept.";
      setTimeout(() => { said.textContent = ""; }, 4000);
    }
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    document.getElementById(anchor).focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  fill(html);
}

function showAnew(anchor, html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  document.getElementById(anchor).replaceWith(answer.getElementById(anchor));
  update();
  document.getElementById(anchor).focus();
}

function showPage(html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  document.querySelector("main").replaceChildren(...answer.querySelector("main").childNodes);
}
