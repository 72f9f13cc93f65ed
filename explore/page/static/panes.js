// The pictures of Compare: one pane a coin and side, or two sides laid over each other. All in one scale.
import { _, el, icon } from "/static/base.js";

const LARGEST = 12; // times the fit
const ROOM = 0.8; // of a pane that the widest coin fills at first
const LINES = 60; // matched points drawn between two panes, at most
const SVG = "http://www.w3.org/2000/svg";

/** The address of a picture that is sharp at so many pixels; `kind` is cut, even or whole. */
export function address(picture, kind, pixels) {
  if (kind === "even" || kind === "whole") return `${picture.stem}/${kind}/${pixels > 800 ? 1536 : 768}.webp`;
  return `${picture.stem}/cut/${pixels > 384 ? 768 : 384}.webp`;
}

/** Panes and their views. `state`: cards, sides, mode, pair, kind, linked, points, aligned(one, two, side), blend. */
export class Panes {
  constructor(box, state, changed) {
    Object.assign(this, { box, state, changed, panes: [] });
    this.view = { x: 0, y: 0, z: 1, turn: 0 };
    this.own = new Map(); // views of coins that are not linked, and turns of the layer on top
    this.lines = document.createElementNS(SVG, "svg");
    this.lines.classList.add("matched");
    this.lines.setAttribute("aria-hidden", "true");
    new ResizeObserver(() => this.place()).observe(box);
  }

  /** Makes the panes anew: after a change of coins, side or mode. */
  build() {
    const { state } = this;
    this.panes = [];
    if (state.mode === "over" && state.cards.length > 1) this.panes.push(this.#over());
    else for (const side of state.sides) state.cards.forEach((card, at) => this.panes.push(this.#pane(card, side, at)));
    const columns = state.mode === "over" ? 1 : state.cards.length;
    this.box.dataset.columns = columns;
    this.box.dataset.mode = state.mode;
    this.box.dataset.sides = state.mode === "over" ? 1 : state.sides.length;
    this.box.replaceChildren(...this.panes.map((pane) => pane.box), this.lines);
    this.place();
  }

  #pane(card, side, at) {
    const picture = card.pictures[side], key = `${card.id}|${side}`;
    const stage = el("div", { class: "stage" });
    const facts = el("span", {}, this.state.facts(card));
    const tag = el("div", { class: "tag" }, el("a", { href: card.href }, card.name), facts);
    const ruler = this.#ruler(), turner = this.#turner();
    const box = el("div", {
      class: "pane", tabindex: "0", role: "group", "data-coin": card.id, "data-side": side,
      "aria-label": side === "obverse" ? _("Obverse of {name}; arrow keys move, plus and minus zoom, brackets turn", { name: card.name })
        : _("Reverse of {name}; arrow keys move, plus and minus zoom, brackets turn", { name: card.name }),
    }, stage, tag, ruler.box, turner.box);
    const pane = { box, stage, card, side, at, key, picture, ruler, turned: turner.turned, layers: [] };
    if (picture) pane.layers.push(this.#layer(stage, picture));
    else stage.append(el("p", { class: "missing" }, side === "obverse" ? _("no obverse") : _("no reverse")));
    this.#listen(pane);
    return pane;
  }

  #over() {
    const { state } = this, [one, two] = state.pair.map((at) => state.cards[at]), side = state.sides[0];
    const stage = el("div", { class: "stage" }), said = el("span", {});
    const tag = el("div", { class: "tag" }, el("b", {}, _("{top} over {base}", { top: two.name, base: one.name })), said);
    const ruler = this.#ruler(), turner = this.#turner();
    const box = el("div", {
      class: "pane over", tabindex: "0", role: "group",
      "aria-label": _("{top} laid over {base}; arrow keys move, plus and minus zoom, brackets turn the upper one", { top: two.name, base: one.name }),
    }, stage, tag, ruler.box, turner.box);
    const pane = { turned: turner.turned, box, stage, card: one, side, key: `over|${one.id}|${two.id}|${side}`, said, ruler, layers: [], picture: one.pictures[side], top: two };
    if (one.pictures[side] && two.pictures[side]) {
      pane.layers.push(this.#layer(stage, one.pictures[side]), this.#layer(stage, two.pictures[side], "upper"));
      state.aligned(one, two, side).then((found) => { pane.found = found; this.place(); });
    } else stage.append(el("p", { class: "missing" }, _("One of the two has no photograph of this side")));
    this.#listen(pane);
    return pane;
  }

  #layer(stage, picture, extra = "") {
    const shown = el("img", { alt: "", draggable: "false", class: `layer ${extra}`, decoding: "async" });
    stage.append(shown);
    return { shown, picture };
  }

  #ruler() {
    const bar = el("i", {}), text = el("span", {});
    return { box: el("div", { class: "scale" }, bar, text), bar, text };
  }

  /** Turns by hand: of all panes while they are linked; of the upper coin where two are laid over each other. */
  #turner() {
    const turned = el("output", {});
    const turn = (degrees, label, sign) => el("button", {
      class: "traybtn", type: "button", "aria-label": label, title: label, onclick: (event) => this.turn(this.panes.find((pane) => pane.box.contains(event.target)), degrees),
    }, icon(sign));
    return { turned, box: el("div", { class: "turner" }, turn(-1, _("Turn left by 1°"), "undo"), turned, turn(1, _("Turn right by 1°"), "redo")) };
  }

  /** Pixels a millimetre at the fit, one for all panes; null where a coin has no known size. */
  #scale(wide, high) {
    const kind = this.#kind();
    const widths = this.panes.flatMap((pane) => pane.layers.map(({ picture }) => width(picture, kind)));
    if (!widths.length || widths.some((mm) => !mm)) return null;
    return (Math.min(wide, high) * ROOM) / Math.max(...widths);
  }

  #kind() {
    return this.state.mode === "over" && this.state.kind === "whole" ? "cut" : this.state.kind;
  }

  /** Where a pane stands: the common view, or its own. */
  of(pane) {
    if (this.state.linked) return this.view;
    if (!this.own.has(pane.card.id)) this.own.set(pane.card.id, { ...this.view });
    return this.own.get(pane.card.id);
  }

  /** Puts every picture, ruler and line where the views say. */
  place() {
    const [first] = this.panes;
    if (!first || !first.box.clientWidth) return;
    const wide = first.box.clientWidth, high = first.box.clientHeight, scale = this.#scale(wide, high);
    this.scale = scale;
    for (const pane of this.panes) {
      const view = this.of(pane), kind = this.#kind(), { clientWidth: across, clientHeight: down } = pane.box;
      pane.sizes = pane.layers.map(({ picture }) => (scale ? width(picture, kind) * scale : Math.min(wide, high) * ROOM));
      const turn = pane.found ? 0 : view.turn;
      pane.stage.style.transform = `translate(${across / 2 + view.x}px, ${down / 2 + view.y}px) scale(${view.z}) rotate(${turn}deg)`;
      pane.layers.forEach((layer, k) => this.#placeLayer(pane, layer, k, view, kind));
      this.#measure(pane, scale, view, wide);
    }
    this.#drawLines();
  }

  #placeLayer(pane, { shown, picture }, k, view, kind) {
    const size = pane.sizes[k], tall = kind === "whole" ? (size * picture.height) / picture.width : size;
    shown.style.width = `${size}px`;
    shown.style.height = `${tall}px`;
    const source = address(picture, picture.cut || kind === "whole" ? kind : "cut", size * view.z * (window.devicePixelRatio || 1));
    if (shown.dataset.source !== source) {
      shown.dataset.source = source;
      const ready = new Image(); // the box never shows half a picture
      ready.src = source;
      ready.decode().then(() => { if (shown.dataset.source === source) shown.src = source; }, () => {});
      if (!shown.src) shown.src = address(picture, "cut", 1);
    }
    if (k === 0) shown.style.transform = `translate(${-size / 2}px, ${-tall / 2}px)`;
    else this.#lay(pane, shown, size, view.turn);
  }

  /** The upper picture lies as the alignment says, and as far turned about its middle as the person turned it. */
  #lay(pane, shown, size, turn) {
    const base = pane.sizes[0], [a, b, c, d, e, f] = pane.found?.matrix || [size / base, 0, 0, size / base, (1 - size / base) / 2, (1 - size / base) / 2];
    shown.style.width = shown.style.height = `${base}px`;
    shown.style.transform = `translate(${-base / 2}px, ${-base / 2}px) matrix(${a}, ${b}, ${c}, ${d}, ${e * base}, ${f * base}) `
      + `translate(${base / 2}px, ${base / 2}px) rotate(${turn}deg) translate(${-base / 2}px, ${-base / 2}px)`;
    const { blend, opacity } = this.state;
    shown.style.mixBlendMode = blend === "difference" ? "difference" : "normal";
    shown.style.opacity = this.hiddenTop ? 0 : blend === "blend" ? opacity : 1;
    const told = [];
    const angle = (Math.atan2(b, a) * 180) / Math.PI + turn;
    told.push(_("turned {degrees}°", { degrees: angle.toFixed(1) }));
    if (pane.found?.how === "match") told.push(_("by {count} matched points", { count: pane.found.inliers }));
    else if (pane.found) told.push(_("by the outlines"));
    pane.said.textContent = told.join(" · ");
  }

  #measure(pane, scale, { z, turn }, wide) {
    pane.turned.textContent = `${Math.round(turn)}°`;
    pane.ruler.box.classList.toggle("unknown", !scale);
    if (!scale) {
      pane.ruler.text.textContent = pane.layers.length ? _("not to scale") : "";
      pane.ruler.bar.style.width = "0";
      return;
    }
    const mm = [20, 10, 5, 2, 1, 0.5].find((v) => v <= 10 && v * scale * z < wide * 0.42) || 0.5;
    pane.ruler.bar.style.width = `${mm * scale * z}px`;
    pane.ruler.text.textContent = `${mm} mm`;
  }

  /** Where a point of a side's square, 0 to 1 each way, lies in the box of all panes. */
  #spot(pane, u, v) {
    const view = this.of(pane), size = pane.sizes[0], angle = (view.turn * Math.PI) / 180;
    const x = (u - 0.5) * size * view.z, y = (v - 0.5) * size * view.z;
    const px = x * Math.cos(angle) - y * Math.sin(angle) + pane.box.clientWidth / 2 + view.x;
    const py = x * Math.sin(angle) + y * Math.cos(angle) + pane.box.clientHeight / 2 + view.y;
    const inside = px >= 0 && py >= 0 && px <= pane.box.clientWidth && py <= pane.box.clientHeight;
    return inside ? [px + pane.box.offsetLeft, py + pane.box.offsetTop] : null;
  }

  async #drawLines() {
    this.lines.replaceChildren();
    const { state } = this, drawing = (this.drawing = {});
    if (!state.points || this.#kind() === "whole" || !state.cards.length) return;
    const pairs = state.mode === "over" ? [] : this.panes.slice(1).map((pane, k) => [this.panes[k], pane])
      .filter(([one, two]) => one.side === two.side && one.picture && two.picture && one.box.offsetTop === two.box.offsetTop);
    for (const [one, two] of pairs) {
      const found = await state.aligned(one.card, two.card, one.side);
      if (drawing !== this.drawing) return; // a later drawing has begun
      if (found?.how !== "match") continue;
      const step = Math.max(1, Math.ceil(found.points.length / LINES));
      found.points.filter((_point, k) => k % step === 0).forEach((point) => this.#line(one, two, point));
    }
  }

  #line(one, two, [x1, y1, x2, y2]) {
    const from = this.#spot(one, x1, y1), to = this.#spot(two, x2, y2);
    if (!from || !to) return;
    const line = document.createElementNS(SVG, "line");
    Object.entries({ x1: from[0], y1: from[1], x2: to[0], y2: to[1] }).forEach(([name, value]) => line.setAttribute(name, value.toFixed(1)));
    this.lines.append(line);
  }

  zoom(pane, by, px = null, py = null) {
    const view = this.of(pane), z = Math.max(0.4, Math.min(LARGEST, view.z * by)), real = z / view.z;
    const x = (px ?? pane.box.clientWidth / 2) - pane.box.clientWidth / 2, y = (py ?? pane.box.clientHeight / 2) - pane.box.clientHeight / 2;
    view.x = x - (x - view.x) * real;
    view.y = y - (y - view.y) * real;
    view.z = z;
    this.#moved();
  }

  pan(pane, dx, dy) {
    const view = this.of(pane);
    view.x += dx;
    view.y += dy;
    this.#moved();
  }

  turn(pane, degrees) {
    const view = this.of(pane);
    view.turn = ((view.turn + degrees + 540) % 360) - 180;
    this.#moved();
  }

  fit() {
    this.view = { x: 0, y: 0, z: 1, turn: 0 };
    this.own.clear();
    this.#moved();
  }

  /** The pane that has the focus, else the first. */
  get current() {
    return this.panes.find((pane) => pane.box.contains(document.activeElement)) || this.panes[0];
  }

  #moved() {
    if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = 0; this.place(); });
    this.changed();
  }

  #listen(pane) {
    const held = new Map(), { box } = pane;
    const spot = (e) => { const area = box.getBoundingClientRect(); return [e.clientX - area.left, e.clientY - area.top]; };
    box.addEventListener("wheel", (e) => { e.preventDefault(); this.zoom(pane, Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : 0.0016)), ...spot(e)); }, { passive: false });
    box.addEventListener("pointerdown", (e) => {
      if (e.button > 0 || e.target.closest("a, button, input")) return;
      box.setPointerCapture(e.pointerId);
      held.set(e.pointerId, spot(e));
    });
    box.addEventListener("pointermove", (e) => {
      const before = held.get(e.pointerId), now = spot(e);
      if (!before) return;
      if (held.size === 2) this.#pinch(pane, held, e.pointerId, before, now);
      else if (e.altKey) this.turn(pane, turned(box, before, now));
      else this.pan(pane, now[0] - before[0], now[1] - before[1]);
      held.set(e.pointerId, now);
    });
    for (const name of ["pointerup", "pointercancel"]) box.addEventListener(name, (e) => held.delete(e.pointerId));
    box.addEventListener("dblclick", () => this.fit());
  }

  /** Two fingers: nearer, farther, and turned. */
  #pinch(pane, held, id, before, now) {
    const [other] = [...held].filter(([key]) => key !== id).map(([, at]) => at);
    const was = [before[0] - other[0], before[1] - other[1]], is = [now[0] - other[0], now[1] - other[1]];
    this.zoom(pane, Math.hypot(...is) / Math.max(1, Math.hypot(...was)), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    this.turn(pane, ((Math.atan2(is[1], is[0]) - Math.atan2(was[1], was[0])) * 180) / Math.PI);
    this.pan(pane, (now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
  }
}

const width = (picture, kind) => (kind === "whole" ? picture.mm_whole : picture.mm);

/** By how many degrees a drag turns about the middle of a box. */
function turned(box, before, now) {
  const x = box.clientWidth / 2, y = box.clientHeight / 2;
  return ((Math.atan2(now[1] - y, now[0] - x) - Math.atan2(before[1] - y, before[0] - x)) * 180) / Math.PI;
}
