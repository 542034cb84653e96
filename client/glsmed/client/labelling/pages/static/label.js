// Answers by key: 1, 2, 3 answer the finding that is marked, and go on to the next one without an answer.
import { announce, ask, put } from "./fragments.js";
import { Viewer, ahead } from "./viewer.js";

let saving = Promise.resolve(); // answers are kept in the order in which they were given

function labelling() {
  return document.querySelector(".labelling");
}

function rows() {
  return [...document.querySelectorAll("[data-finding]")];
}

function value(row) {
  return row.querySelector('[aria-pressed="true"]')?.dataset.value ?? "";
}

// The row that keys answer: it is marked, and its buttons alone carry the keys.
function mark(row) {
  for (const other of rows()) {
    other.toggleAttribute("data-marked", other === row);
    for (const button of other.querySelectorAll("[data-value]")) {
      if (other === row) {
        button.dataset.key = button.dataset.number;
        button.setAttribute("aria-keyshortcuts", button.dataset.number);
      } else {
        delete button.dataset.key;
        button.removeAttribute("aria-keyshortcuts");
      }
    }
  }
}

function marked() {
  return document.querySelector("[data-marked]") ?? rows()[0];
}

function press(row, given) {
  for (const button of row.querySelectorAll("[data-value]")) {
    button.setAttribute("aria-pressed", String(button.dataset.value === given));
  }
}

async function send(place, finding, given) {
  const fields = new URLSearchParams({ study: place.dataset.study, role: place.dataset.role, finding, value: given });
  const answer = await ask("/answer", fields).catch(() => null);
  return answer?.ok === true;
}

function save(row, given) {
  const place = labelling(), before = value(row), finding = row.dataset.finding;
  press(row, given);
  saving = saving.then(async () => {
    const kept = await send(place, finding, given);
    if (!kept) press(row, before);
    tell(kept ? `${finding}: ${place.dataset.saidSaved}` : place.dataset.saidFailed, kept);
  });
}

function tell(words, well) {
  const place = document.querySelector("#saved");
  if (place) {
    place.textContent = words;
    place.className = well ? "soft" : "problem";
  }
  announce(words);
}

// The next row that is asked and has no answer; where there is none, the examination is done.
function goOn(row) {
  const all = rows(), after = [...all.slice(all.indexOf(row) + 1), ...all];
  const next = after.find((one) => one.dataset.asked !== undefined && !value(one));
  if (next) mark(next);
  else saving.then(() => announce(labelling()?.dataset.saidDone ?? ""));
}

function step(by) {
  const all = rows();
  mark(all[Math.min(all.length - 1, Math.max(0, all.indexOf(marked()) + by))]);
}

async function go(address) {
  await saving; // the next examination depends on the answers to this one
  await put("#study", address);
}

function start() {
  const place = labelling();
  if (!place) return;
  place.viewer = new Viewer(place.querySelector(".viewer"));
  mark(rows().find((row) => row.dataset.asked !== undefined && !value(row)) ?? rows()[0]);
  if (place.dataset.upcoming) ahead(place.dataset.upcoming);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { value: given, view, move, go: address } = button.dataset;
  const row = button.closest("[data-finding]");
  if (given !== undefined && row) {
    mark(row);
    save(row, given);
    goOn(row);
  } else if (button.dataset.back !== undefined) save(marked(), "");
  else if (view) labelling().viewer.do(view);
  else if (move) step(move === "up" ? -1 : 1);
  else if (address) go(address);
});
document.querySelector("#study")?.addEventListener("fragment", start);
start();
