// One radiograph on a canvas: window and level over all greys of its file, zoom, moving; images are fetched ahead.
//
// A viewer is an element with a canvas, with words for a file that cannot be read ([data-unreadable]), and with the
// present window and level ([data-numbers]), in the numbers of the file.
import { announce } from "./fragments.js";

const STEP = 1.25; // of zoom and window
const MOVE = 40; // of the image, in pixels
const LEVEL = 1 / 25; // of the window: one step of level
const DRAG = 200; // pixels of dragging that double the window
const FINE = 1 / 512; // of the window: level for each pixel of dragging
const LEAST_WINDOW = 2; // greys
const SIDE = 1024; // of the canvas: more than a screen shows of it; zoom brings the picture's own pixels
const KEPT = 8;
const REST_MS = 1000; // without a change, before window and level are read out
const pictures = new Map(); // by address: the picture that is on its way

async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const said = (name) => Number(answer.headers.get(name));
  const content = await answer.arrayBuffer();
  // two bytes are a grey, the lower one first, as in the memory of every machine that browsers run on
  const greys = said("X-Bytes") === 2 ? new Uint16Array(content) : new Uint8Array(content);
  const width = said("X-Width");
  const numbers = {
    slope: said("X-Slope"), intercept: said("X-Intercept"), margin: said("X-Margin"), unit: answer.headers.get("X-Unit"),
  };
  return { greys, width, height: greys.length / width, black: said("X-Black"), white: said("X-White"), numbers };
}

// A number with as many decimals as matter in a window of this width.
function told(number, width) {
  const digits = Math.min(6, Math.max(0, Math.ceil(2 - Math.log10(width))));
  const form = { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false, signDisplay: "negative" };
  return new Intl.NumberFormat("en", form).format(number);
}

// Starts to fetch an image; it is kept while few others are asked for.
export function ahead(address) {
  if (!pictures.has(address)) {
    const picture = fetched(address);
    picture.catch(() => pictures.delete(address));
    pictures.set(address, picture);
    if (pictures.size > KEPT) pictures.delete(pictures.keys().next().value);
  }
  return pictures.get(address);
}

export class Viewer {
  constructor(element) {
    this.canvas = element.querySelector("canvas");
    this.unreadable = element.querySelector("[data-unreadable]");
    this.numbers = element.querySelector("[data-numbers]");
    this.addresses = this.canvas.dataset.pictures.split(" ").filter(Boolean);
    this.place = 0;
    this.forget();
    this.listen();
    this.open();
  }

  // window and level as the file has them, and the whole image
  forget() {
    const { black, white } = this.picture ?? { black: 0, white: 255 };
    Object.assign(this, { level: (black + white) / 2, zoom: 1, x: 0, y: 0, inverted: false });
    this.widen(white - black);
  }

  // The window, not so narrow or wide that nothing is to be seen.
  widen(window) {
    const most = this.picture?.greys instanceof Uint16Array ? 4 * 65536 : 4 * 256;
    this.window = Math.min(most, Math.max(LEAST_WINDOW, window));
  }

  async open() {
    const address = this.addresses[this.place];
    if (!address) return;
    try {
      const picture = await ahead(address);
      if (address !== this.addresses[this.place]) return;
      this.picture = picture;
      this.toned = new ImageData(picture.width, picture.height);
      this.shown = new OffscreenCanvas(picture.width, picture.height);
      this.unreadable.hidden = true;
      this.forget();
      this.draw();
      this.heard = this.numbers.innerText; // only what changes from here on is read out
      this.canvas.dataset.shown = address;
    } catch {
      this.picture = undefined; // the view before this one must not stand under the words
      this.canvas.width = this.canvas.height = 1;
      this.unreadable.hidden = false;
      this.tell();
    }
  }

  // window and level as the file's numbers: as a viewer of DICOM would name what is drawn
  tell() {
    const put = (name, words) => { this.numbers.querySelector(`[data-${name}]`).textContent = words; };
    const { slope, intercept, margin, unit } = this.picture?.numbers ?? { unit: "" };
    const width = Math.abs(slope) * this.window + margin, centre = slope * this.level + intercept + margin / 2;
    put("window", this.picture ? told(width, width) : "–");
    put("level", this.picture ? told(centre, width) : "–");
    put("unit", unit === "%" ? this.numbers.dataset.percent : unit);
  }

  // reads them out, once they have rested: not each step of a change
  readOut() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      const words = this.numbers.innerText;
      if (this.picture && this.canvas.isConnected && words !== this.heard) announce(words);
      this.heard = words;
    }, REST_MS);
  }

  // the greys through window and level, once for each change of these
  tone() {
    const { greys } = this.picture;
    const seen = new Uint8ClampedArray(1); // rounds, and cuts what is below black or above white
    const table = new Uint32Array(greys instanceof Uint16Array ? 65536 : 256);
    for (let grey = 0; grey < table.length; grey++) {
      seen[0] = ((grey - this.level) / this.window + 0.5) * 255;
      if (this.inverted) seen[0] = 255 - seen[0];
      table[grey] = 0xff000000 | (seen[0] * 0x010101);
    }
    const pixels = new Uint32Array(this.toned.data.buffer);
    for (let at = 0; at < greys.length; at++) pixels[at] = table[greys[at]];
    this.shown.getContext("2d").putImageData(this.toned, 0, 0);
  }

  draw() {
    if (this.picture) this.tone();
    this.tell();
    this.readOut();
    this.paint();
  }

  paint() {
    if (!this.picture) return;
    const { width, height } = this.shown, scale = SIDE / Math.max(width, height);
    if (this.canvas.width !== SIDE) this.canvas.width = this.canvas.height = SIDE;
    const context = this.canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, SIDE, SIDE);
    context.setTransform(this.zoom, 0, 0, this.zoom, (1 - this.zoom) * SIDE / 2 + this.x, (1 - this.zoom) * SIDE / 2 + this.y);
    const across = width * scale, down = height * scale;
    context.drawImage(this.shown, (SIDE - across) / 2, (SIDE - down) / 2, across, down);
  }

  do(action) {
    if (action === "reset") this.forget();
    else if (action === "narrower") this.widen(this.window / STEP);
    else if (action === "wider") this.widen(this.window * STEP);
    else if (action === "brighter") this.level -= LEVEL * this.window;
    else if (action === "darker") this.level += LEVEL * this.window;
    else if (action === "nearer") this.zoom = Math.min(16, this.zoom * STEP);
    else if (action === "farther") this.zoom = Math.max(0.5, this.zoom / STEP);
    else if (action === "inverted") this.inverted = !this.inverted;
    else if (action === "other") {
      this.place = (this.place + 1) % this.addresses.length;
      this.open();
      return;
    }
    this.draw();
  }

  move(x, y) {
    this.x += x;
    this.y += y;
    this.paint();
  }

  listen() {
    const arrows = { ArrowLeft: [MOVE, 0], ArrowRight: [-MOVE, 0], ArrowUp: [0, MOVE], ArrowDown: [0, -MOVE] };
    this.canvas.addEventListener("keydown", (event) => {
      if (!arrows[event.key]) return;
      event.preventDefault();
      this.move(...arrows[event.key]);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (event.buttons === 1) {
        this.widen(this.window * 2 ** (event.movementX / DRAG));
        this.level += FINE * this.window * event.movementY;
        this.draw();
      } else if (event.buttons === 4 || event.buttons === 2) this.move(event.movementX, event.movementY);
    });
    this.canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.do(event.deltaY < 0 ? "nearer" : "farther");
    }, { passive: false });
    this.canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }
}
