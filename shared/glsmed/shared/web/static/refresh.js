// Parts of a page that are fetched again while somebody looks.
//
// <div id="now" data-refresh="/now" data-seconds="5"> is fetched every five seconds, unless the page is hidden or
// somebody has marked words of it. What comes may hold <data id="version" value="…">: then each
// <div id="rest" data-when-changed="/rest" data-version="…"> of another version is fetched too. #lost is shown while
// nothing answers.
import { put } from "./fragments.js";

const CAN_HAVE_FOCUS = "a[href], [tabindex='0']";

function hasMarkedWords(place) {
  const selection = getSelection();
  return !selection.isCollapsed && selection.containsNode(place, true);
}

// Fetches a place again; who was in it by keyboard stays where they were.
async function putAgain(place, address) {
  const before = [...place.querySelectorAll(CAN_HAVE_FOCUS)].indexOf(document.activeElement);
  const came = await put(`#${place.id}`, address);
  if (before >= 0) [...place.querySelectorAll(CAN_HAVE_FOCUS)][before]?.focus({ preventScroll: true });
  return came;
}

function tellLost(isLost) {
  const lost = document.querySelector("#lost");
  if (lost) lost.hidden = !isLost;
}

async function followVersion(root) {
  const version = root.querySelector("#version")?.value;
  for (const place of root.querySelectorAll("[data-when-changed]")) {
    if (version === undefined || place.dataset.version === version || hasMarkedWords(place)) continue;
    if (await putAgain(place, place.dataset.whenChanged)) place.dataset.version = version;
  }
}

export async function refresh(root, place) {
  if (document.hidden || hasMarkedWords(place)) return;
  const came = await putAgain(place, place.dataset.refresh);
  tellLost(!came);
  if (came) await followVersion(root);
}

export function startRefreshing(root) {
  for (const place of root.querySelectorAll("[data-refresh]")) {
    setInterval(() => refresh(root, place), 1000 * Number(place.dataset.seconds));
  }
}
