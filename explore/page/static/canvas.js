// The one picture canvas, of the network and of the map: dots far away, pictures nearer, names nearest.
// It draws what it is told and knows no view: places, a colour number a node, edges with the strongest first.

import { listen } from "/static/gestures.js";

/** Colours of the first ten groups on the tray, and the grey of all others. */
export const COLOURS = [
  "#7cc4ff", "#ffb454", "#8fd47f", "#f590b6", "#c4a8ff", "#5fd3c4", "#ffd966", "#ff9478", "#b5c48a", "#9db6d6", "#83898e",
];
export const GREY = COLOURS.length - 1;
const LINK = "#8d9398", HOT = "#e8f1fb", DISC = "#26282a", GROUND = "#121314";
const FONT = '600 12px -apple-system, "Segoe UI", Inter, Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';
const DOT = 6; // pixels of radius under which a node is a dot
const SMALL = 16; // pixels of radius under which nobody sees how well a picture is made smaller
const SHARP = 34; // pixels of radius from which a picture of its own replaces the atlas's
const NAMED = 44; // pixels of radius from which every node bears its name
const MOVING_EDGES = 1500; // drawn while it moves, the strongest
const KEPT = 160; // sharp pictures kept
const TAU = 2 * Math.PI;

/** Whether (x, y) lies inside the closed path of [x, y] points. */
export function inside(x, y, path) {
  let odd = false;
  for (let i = 0, j = path.length - 1; i < path.length; j = i, i += 1) {
    const [x1, y1] = path[i], [x2, y2] = path[j];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd;
  }
  return odd;
}

/**
 * Nodes on a canvas.
 *
 * `nodes`: x, y (places), label (names), mm (widths of the pictures, 0 where unknown), sprite(i) → [image, x, y, side]
 * of an atlas or null, address(i) → address of a sharp picture or null, weight (how many coins a node stands for) or
 * null. `tell`: choose(i), lasso(indices), hover(i), moved(camera), each optional; neighbours(i) → indices.
 */
export class PictureCanvas {
  constructor(canvas, nodes, tell = {}) {
    Object.assign(this, { canvas, nodes, tell, ctx: canvas.getContext("2d"), n: nodes.x.length });
    this.camera = { x: 0, y: 0, z: 1 };
    this.free = { left: 16, right: 16, top: 16, bottom: 16 };
    this.colour = new Uint8Array(this.n).fill(GREY);
    this.faint = null; // a node is drawn faint where this is 1
    this.hidden = null; // and not at all where this is 1
    this.edges = { a: [], b: [], count: 0 };
    this.chosen = -1;
    this.selected = new Set();
    this.path = []; // nodes of a way between two coins
    this.near = new Set();
    this.outline = []; // of the lasso, in places of nodes
    this.lassoing = false;
    this.moving = false;
    this.sharp = new Map();
    this.marks = new Map();
    this.frame = 0;
    const mm = Array.from(nodes.mm || []).filter((v) => v > 0);
    this.widest = mm.length ? mm.reduce((most, v) => Math.max(most, v), 0) : 0;
    this.size = spacing(nodes);
    listen(this);
    new ResizeObserver(() => this.#resized()).observe(canvas);
    this.#measure();
  }

  draw() {
    this.shot = null;
    this.#ask();
  }

  #ask() {
    if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = 0; this.#paint(); });
  }

  /** The radius of a node in pixels. */
  radius(i = -1) {
    const grown = i >= 0 && this.nodes.weight ? Math.sqrt(Math.min(16, this.nodes.weight[i])) : 1;
    return Math.max(3, Math.min(72, this.size * this.camera.z)) * (grown > 1 ? 0.75 + 0.25 * grown : 1);
  }

  at(i) {
    return [this.nodes.x[i] * this.camera.z + this.camera.x, this.nodes.y[i] * this.camera.z + this.camera.y];
  }

  fit(some = null) {
    const rows = some || this.#shown();
    if (!rows.length) return;
    let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const i of rows) {
      x0 = Math.min(x0, this.nodes.x[i]); x1 = Math.max(x1, this.nodes.x[i]);
      y0 = Math.min(y0, this.nodes.y[i]); y1 = Math.max(y1, this.nodes.y[i]);
    }
    const { left, right, top, bottom } = this.free, edge = 2.6 * this.size;
    const wide = Math.max(40, this.width - left - right), high = Math.max(40, this.height - top - bottom);
    const z = Math.min(wide / (x1 - x0 + edge), high / (y1 - y0 + edge));
    this.camera.z = some ? Math.min(z, 48 / this.size) : z;
    this.camera.x = left + wide / 2 - ((x0 + x1) / 2) * this.camera.z;
    this.camera.y = top + high / 2 - ((y0 + y1) / 2) * this.camera.z;
    this.fitted = !some;
    this.#moved();
  }

  zoom(by, x = this.width / 2, y = this.height / 2) {
    const z = Math.max(1e-4, Math.min(400 / this.size, this.camera.z * by)), real = z / this.camera.z;
    this.camera = { x: x - (x - this.camera.x) * real, y: y - (y - this.camera.y) * real, z };
    this.fitted = false;
    this.#moved();
  }

  pan(dx, dy) {
    this.camera.x += dx;
    this.camera.y += dy;
    this.fitted = false;
    this.#moved();
  }

  /** Where the view stands, for an address; `look` takes it back. */
  where() {
    const { x, y, z } = this.camera;
    return this.fitted ? "" : [(this.width / 2 - x) / z, (this.height / 2 - y) / z, z].map((v) => Number(v.toPrecision(5))).join("_");
  }

  look(where) {
    const [x, y, z] = String(where || "").split("_").map(Number);
    if (!(z > 0)) return this.fit();
    this.camera = { x: this.width / 2 - x * z, y: this.height / 2 - y * z, z };
    this.fitted = false;
    return this.draw();
  }

  /** Chooses a node, and brings it into the free part of the view if it lies outside. */
  choose(i, quiet = false) {
    this.chosen = i;
    this.near = new Set(i < 0 ? [] : this.tell.neighbours?.(i) || []);
    if (i >= 0) {
      const [x, y] = this.at(i), { left, right, top, bottom } = this.free;
      const inX = x > left && x < this.width - right, inY = y > top && y < this.height - bottom;
      if (!inX || !inY) this.pan((left + this.width - right) / 2 - x, (top + this.height - bottom) / 2 - y);
    }
    if (!quiet) this.tell.choose?.(i);
    this.draw();
  }

  /** The linked node nearest in a direction; where none is linked there, the nearest of all. */
  toward(dx, dy) {
    if (this.chosen < 0) return this.nearest(this.width / 2, this.height / 2);
    const [cx, cy] = this.at(this.chosen);
    const best = (rows) => {
      let found = -1, least = Infinity;
      for (const i of rows) {
        if (i === this.chosen) continue;
        const [x, y] = this.at(i), along = (x - cx) * dx + (y - cy) * dy, far = Math.hypot(x - cx, y - cy);
        if (along > 0.35 * far && far < least) { found = i; least = far; }
      }
      return found;
    };
    const linked = best(this.near);
    return linked >= 0 ? linked : best(this.#shown());
  }

  #shown() {
    const rows = [];
    for (let i = 0; i < this.n; i += 1) if (!this.hidden?.[i]) rows.push(i);
    return rows;
  }

  nearest(px, py, within = Infinity) {
    let found = -1, least = within;
    for (let i = 0; i < this.n; i += 1) {
      if (this.hidden?.[i]) continue;
      const [x, y] = this.at(i), far = Math.hypot(x - px, y - py);
      if (far < least) { found = i; least = far; }
    }
    return found;
  }

  #measure() {
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    const dense = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.width * dense);
    this.canvas.height = Math.round(this.height * dense);
  }

  #resized() {
    if (this.canvas.clientWidth === this.width && this.canvas.clientHeight === this.height) return;
    const { x, y } = this.camera, half = [this.width / 2 - x, this.height / 2 - y];
    this.#measure();
    if (this.fitted) this.fit();
    else Object.assign(this.camera, { x: this.width / 2 - half[0], y: this.height / 2 - half[1] });
    this.#paint();
  }

  #moved() {
    if (!this.moving && this.seen) this.#keep();
    this.moving = true;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => { this.moving = false; this.draw(); this.tell.moved?.(this.camera); }, 140);
    this.#ask();
  }

  /** Keeps what is painted: while the view moves it is moved along, and only what comes into the view is painted anew. */
  #keep() {
    this.shot ??= { image: document.createElement("canvas"), ...this.seen };
    Object.assign(this.shot.image, { width: this.canvas.width, height: this.canvas.height });
    this.shot.image.getContext("2d").drawImage(this.canvas, 0, 0);
  }

  #paint() {
    const { ctx, width, height } = this, dense = window.devicePixelRatio || 1;
    ctx.setTransform(dense, 0, 0, dense, 0, 0);
    ctx.clearRect(0, 0, width, height);
    ctx.imageSmoothingQuality = this.moving ? "low" : this.radius() < SMALL ? "medium" : "high";
    const { shot } = this, grown = shot && this.camera.z / shot.z;
    if (this.moving && shot && grown > 0.5 && grown < 2) {
      ctx.drawImage(shot.image, this.camera.x - shot.x * grown, this.camera.y - shot.y * grown, width * grown, height * grown);
      this.#paintNodes(shot);
    } else {
      this.#paintEdges();
      this.#paintNodes();
      this.#paintNames();
      if (this.outline.length) this.#paintLasso();
      this.seen = { ...this.camera };
      if (this.moving) { this.shot = null; this.#keep(); }
    }
    this.canvas.dataset.drawn = "";
  }

  #paintEdges() {
    const { ctx, edges, colour, chosen, hidden } = this, { x, y } = this.nodes, { x: ox, y: oy, z } = this.camera;
    const count = this.moving ? Math.min(edges.count, MOVING_EDGES) : edges.count;
    const groups = new Map(), hot = new Path2D();
    for (let k = 0; k < count; k += 1) {
      const a = edges.a[k], b = edges.b[k];
      if (hidden && (hidden[a] || hidden[b])) continue;
      const x1 = x[a] * z + ox, y1 = y[a] * z + oy, x2 = x[b] * z + ox, y2 = y[b] * z + oy;
      if ((x1 < 0 && x2 < 0) || (y1 < 0 && y2 < 0) || (x1 > this.width && x2 > this.width)) continue;
      if (y1 > this.height && y2 > this.height) continue;
      let path = hot;
      if (a !== chosen && b !== chosen) {
        const key = colour[a] === colour[b] && colour[a] !== GREY ? colour[a] : LINK;
        path = groups.get(key);
        if (!path) groups.set(key, (path = new Path2D()));
      }
      path.moveTo(x1, y1);
      path.lineTo(x2, y2);
    }
    ctx.lineWidth = 1;
    for (const [key, path] of groups) {
      ctx.globalAlpha = key === LINK ? 0.26 : 0.42;
      ctx.strokeStyle = key === LINK ? LINK : COLOURS[key];
      ctx.stroke(path);
    }
    ctx.globalAlpha = 0.95;
    ctx.strokeStyle = HOT;
    ctx.lineWidth = 1.75;
    ctx.stroke(hot);
    if (this.path.length > 1) {
      ctx.lineWidth = 4;
      ctx.beginPath();
      for (const i of this.path) ctx.lineTo(...this.at(i));
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
  }

  /** Faint nodes first; of each strength the discs, then the pictures, then the rings: one path a colour.
   *  With a `shot`, only those that are not whole on it. */
  #paintNodes(shot = null) {
    const far = this.radius() < DOT, layers = [[], []];
    const there = (i, r) => {
      const x = this.nodes.x[i] * shot.z + shot.x, y = this.nodes.y[i] * shot.z + shot.y;
      return x > r && y > r && x < this.width - r && y < this.height - r;
    };
    for (let i = 0; i < this.n; i += 1) {
      if (this.hidden?.[i] || this.chosen === i || this.selected.has(i)) continue;
      const [x, y] = this.at(i), r = this.radius(i);
      if (x < -r || y < -r || x > this.width + r || y > this.height + r || (shot && there(i, r))) continue;
      layers[this.faint?.[i] ? 0 : 1].push([i, x, y, r]);
    }
    const marked = [...new Set([...this.selected, ...this.path, ...(this.chosen >= 0 ? [this.chosen] : [])])]
      .filter((i) => !this.hidden?.[i] && !(shot && there(i, this.radius(i)))).map((i) => [i, ...this.at(i), this.radius(i)]);
    this.#paintLayer(layers[0], far, this.selected.size ? 0.42 : 0.28);
    this.#paintLayer(layers[1], far, this.selected.size ? 0.42 : 1);
    this.#paintLayer(marked, far, 1, "#ffffff");
    this.ctx.globalAlpha = 1;
  }

  #paintLayer(rows, far, alpha, ring = null) {
    const { ctx } = this, dense = window.devicePixelRatio || 1;
    ctx.globalAlpha = alpha;
    for (const [i, x, y, r] of rows) {
      const mark = this.#mark(ring ?? COLOURS[this.colour[i]], r, far, Boolean(ring)), side = mark.width / dense;
      ctx.drawImage(mark, x - side / 2, y - side / 2, side, side);
      if (!far) this.#paintPicture(i, x, y, r);
    }
  }

  /** A dot, or a disc in its ring, painted once a colour and size: a thousand copies cost less than a thousand circles. */
  #mark(colour, r, far, strong) {
    const key = `${colour} ${r.toFixed(1)} ${far} ${strong}`, kept = this.marks.get(key);
    if (kept) return kept;
    const dense = window.devicePixelRatio || 1, line = far ? 0 : strong ? Math.max(3, r * 0.12) : Math.max(1.5, r * 0.1);
    const mark = document.createElement("canvas"), ctx = mark.getContext("2d");
    mark.width = mark.height = Math.ceil((2 * r + line + 2) * dense);
    ctx.setTransform(dense, 0, 0, dense, mark.width / 2, mark.height / 2);
    ctx.beginPath();
    ctx.arc(0, 0, far ? r * 0.8 : r * 0.95, 0, TAU);
    Object.assign(ctx, { fillStyle: far ? colour : DISC, strokeStyle: colour, lineWidth: line });
    ctx.fill();
    if (!far) ctx.stroke();
    if (this.marks.size > 100) this.marks.clear();
    this.marks.set(key, mark);
    return mark;
  }

  /** One scale for all: the widest picture fills its disc; one without a known width fills it too. */
  #paintPicture(i, x, y, r) {
    const mm = this.nodes.mm?.[i] || 0;
    const half = r * 0.86 * (mm > 0 && this.widest > 0 ? Math.max(0.35, mm / this.widest) : 1);
    const own = r > SHARP && !this.moving ? this.#sharpOf(i) : this.sharp.get(i);
    if (r > SHARP && own?.naturalWidth) this.ctx.drawImage(own, x - half, y - half, 2 * half, 2 * half);
    else {
      const sprite = this.nodes.sprite?.(i);
      if (sprite) this.ctx.drawImage(sprite[0], sprite[1], sprite[2], sprite[3], sprite[3], x - half, y - half, 2 * half, 2 * half);
    }
  }

  #sharpOf(i) {
    if (this.sharp.has(i)) return this.sharp.get(i);
    const address = this.nodes.address?.(i);
    if (!address) return null;
    if (this.sharp.size >= KEPT) this.sharp.delete(this.sharp.keys().next().value);
    const picture = new Image();
    picture.decoding = "async";
    picture.onload = () => this.draw();
    picture.src = address;
    this.sharp.set(i, picture);
    return picture;
  }

  #paintNames() {
    const { ctx } = this, r = this.radius();
    if (r < DOT && this.chosen < 0) return;
    const all = r > NAMED && !this.moving, rows = new Set(this.path);
    if (this.chosen >= 0) rows.add(this.chosen);
    if (r > 16) for (const i of this.near) rows.add(i);
    if (all) for (const i of this.#shown()) rows.add(i);
    if (this.nodes.weight && r > DOT) for (const i of this.#shown()) if (this.nodes.weight[i] > 1 && !this.faint?.[i]) rows.add(i);
    Object.assign(ctx, { font: FONT, textAlign: "center", lineWidth: 3, strokeStyle: GROUND, fillStyle: "#ffffff", lineJoin: "round" });
    for (const i of rows) {
      if (this.hidden?.[i]) continue;
      const [x, y] = this.at(i), low = y + this.radius(i) + 14;
      if (x < -80 || x > this.width + 80 || low < 0 || low > this.height + 20) continue;
      const count = this.nodes.weight?.[i] > 1 ? `${this.nodes.weight[i]}` : this.nodes.label[i];
      ctx.strokeText(count, x, low);
      ctx.fillText(count, x, low);
    }
  }

  #paintLasso() {
    const { ctx } = this;
    Object.assign(ctx, { lineWidth: 1.5, strokeStyle: "#9cc6f7", fillStyle: "rgb(156 198 247 / .1)" });
    ctx.setLineDash([5, 4]);
    ctx.beginPath();
    for (const [x, y] of this.outline) ctx.lineTo(x * this.camera.z + this.camera.x, y * this.camera.z + this.camera.y);
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
    ctx.setLineDash([]);
  }

  hover(spot) {
    if (!this.tell.hover) return;
    const i = this.nearest(...spot, Math.max(10, this.radius()));
    if (i === this.hovered) return;
    this.hovered = i;
    this.canvas.style.cursor = i >= 0 ? "pointer" : this.lassoing ? "crosshair" : "grab";
    this.tell.hover(i);
  }

  lassoed() {
    const rows = this.#shown().filter((i) => inside(this.nodes.x[i], this.nodes.y[i], this.outline));
    this.tell.lasso?.(rows, this.outline);
    this.draw();
  }
}

/** A node's radius in places: a little under half of the usual distance to the nearest other. */
function spacing({ x, y }) {
  const n = x.length, step = Math.max(1, Math.floor(n / 200)), nearest = [];
  for (let i = 0; i < n; i += step) {
    let least = Infinity;
    for (let j = 0; j < n; j += 1) if (j !== i) least = Math.min(least, (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2);
    if (least < Infinity && least > 0) nearest.push(Math.sqrt(least));
  }
  nearest.sort((a, b) => a - b);
  return nearest.length ? nearest[nearest.length >> 1] * 0.44 : 1;
}
