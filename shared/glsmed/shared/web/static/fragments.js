// Fetches a fragment from this site and puts it in place.
//
// <form data-fragment="#place"> and <a data-fragment="#place">: what the server answers becomes the content of #place.
// <form data-live> also sends itself while somebody types. An element of the answer with data-announce is read out;
// one with data-focus gets the focus. An answer with the header X-Address changes the address that the browser shows.
// The place then hears an event "fragment". An answer with data-changed loads every element with data-address again, from there.

const TYPING_MS = 120;
const latest = new Map(); // by place: the request whose answer counts

function csrf() {
  return document.querySelector('meta[name="csrf"]').content;
}

// The text of an answer; `fields` are sent as a form by POST, without them it is a GET.
export async function ask(address, fields, signal) {
  const sent = fields === undefined ? { signal } : { method: "POST", headers: { "X-CSRF": csrf() }, body: fields, signal };
  return fetch(address, sent);
}

// Puts the answer into the place; an answer that a later one has overtaken is dropped. False where none came.
export async function put(selector, address, fields) {
  latest.get(selector)?.abort();
  const mine = new AbortController();
  latest.set(selector, mine);
  const place = document.querySelector(selector);
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await ask(address, fields, mine.signal);
    const html = await answer.text();
    if (latest.get(selector) === mine) show(place, html, answer.headers.get("X-Address"));
    return true;
  } catch (error) {
    if (error.name !== "AbortError") announce(String(error));
    return error.name === "AbortError";
  } finally {
    if (latest.get(selector) === mine) place.removeAttribute("aria-busy");
  }
}

function show(place, html, address) {
  // a whole page, such as that of an error, is shown by its content alone
  const answer = new DOMParser().parseFromString(html, "text/html");
  const content = answer.querySelector("main") ?? answer.body;
  place.replaceChildren(...content.childNodes);
  if (address) history.replaceState(null, "", address);
  place.querySelector("[data-focus]")?.focus();
  const said = place.querySelector("[data-announce], [role=alert]");
  if (said) announce(said.dataset.announce || said.textContent.trim());
  place.dispatchEvent(new CustomEvent("fragment", { bubbles: true }));
  if (!place.querySelector("[data-changed]")) return;
  for (const stale of document.querySelectorAll("[id][data-address]")) put(`#${stale.id}`, stale.dataset.address);
}

export function announce(words) {
  document.querySelector("#announcement").textContent = words;
}

function send(form, submitter) {
  const fields = new URLSearchParams(new FormData(form, submitter ?? null));
  const action = submitter?.getAttribute("formaction") ?? form.getAttribute("action");
  if (form.method === "post") return put(form.dataset.fragment, action, fields);
  return put(form.dataset.fragment, `${action}?${fields}`);
}

export function startFragments(root) {
  root.addEventListener("submit", (event) => {
    if (!event.target.dataset.fragment) return;
    event.preventDefault();
    send(event.target, event.submitter);
  });
  root.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-fragment]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    put(link.dataset.fragment, link.getAttribute("href"));
  });
  let waiting = 0;
  root.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form || form.dataset.live === undefined) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => send(form), event.target.type === "text" || event.target.type === "search" ? TYPING_MS : 0);
  });
}
