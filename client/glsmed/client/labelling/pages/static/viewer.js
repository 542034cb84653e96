// One radiograph on a canvas: window and level, zoom, moving; images are fetched ahead.

const STEP = 1.25; // of zoom and window
const MOVE = 40; // of level, of 256 greys; and of the image, in pixels
const KEPT = 8;
const pictures = new Map(); // by address: the greys that are on their way

async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const bitmap = await createImageBitmap(await answer.blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
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
  constructor(canvas, unreadable) {
    this.canvas = canvas;
    this.unreadable = unreadable;
    this.addresses = canvas.dataset.pictures.split(" ").filter(Boolean);
    this.shown = new OffscreenCanvas(1, 1);
    this.place = 0;
    this.forget();
    this.listen();
    this.open();
  }

  forget() {
    Object.assign(this, { window: 256, level: 128, zoom: 1, x: 0, y: 0, inverted: false });
  }

  async open() {
    const address = this.addresses[this.place];
    if (!address) return;
    try {
      const greys = await ahead(address);
      if (address !== this.addresses[this.place]) return;
      this.greys = greys;
      this.unreadable.hidden = true;
      this.draw();
      this.canvas.dataset.shown = address;
    } catch {
      this.unreadable.hidden = false;
    }
  }

  // the greys through window and level, once for each change of these
  toned() {
    const table = new Uint8ClampedArray(256);
    for (let grey = 0; grey < 256; grey++) {
      const seen = ((grey - this.level) / this.window + 0.5) * 255;
      table[grey] = this.inverted ? 255 - seen : seen;
    }
    const { width, height, data } = this.greys;
    const toned = new ImageData(width, height);
    for (let at = 0; at < data.length; at += 4) {
      toned.data[at] = toned.data[at + 1] = toned.data[at + 2] = table[data[at]];
      toned.data[at + 3] = 255;
    }
    this.shown.width = width;
    this.shown.height = height;
    this.shown.getContext("2d").putImageData(toned, 0, 0);
  }

  draw() {
    if (!this.greys) return;
    this.toned();
    this.paint();
  }

  paint() {
    const side = this.shown.width;
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const context = this.canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, side, side);
    context.setTransform(this.zoom, 0, 0, this.zoom, (1 - this.zoom) * side / 2 + this.x, (1 - this.zoom) * side / 2 + this.y);
    context.drawImage(this.shown, 0, 0);
  }

  do(action) {
    if (action === "reset") this.forget();
    else if (action === "narrower") this.window = Math.max(4, this.window / STEP);
    else if (action === "wider") this.window = Math.min(1024, this.window * STEP);
    else if (action === "brighter") this.level -= MOVE / 4;
    else if (action === "darker") this.level += MOVE / 4;
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
        this.window = Math.min(1024, Math.max(4, this.window + event.movementX));
        this.level += event.movementY / 2;
        if (this.greys) this.draw();
      } else if (event.buttons === 4 || event.buttons === 2) this.move(event.movementX, event.movementY);
    });
    this.canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.do(event.deltaY < 0 ? "nearer" : "farther");
    }, { passive: false });
    this.canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }
}
