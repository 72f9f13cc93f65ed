// Coins as nodes of the picture canvas: their pictures in sheets, their colours by what they share.
import { GREY } from "/static/canvas.js";

const CELL = 64, ACROSS = 32; // pixels of a cell, cells of a sheet's side
const AT_ONCE = 12;

/** Small pictures in sheets, fetched when first asked for; `changed` is called as they come. */
export class Sprites {
  constructor(stems, changed) {
    Object.assign(this, { stems, changed, sheets: [], cells: new Map(), waiting: [], under: 0 });
  }

  /** [sheet, x, y, side] of a node's picture, or null while it comes. */
  of(i) {
    const cell = this.cells.get(i);
    if (cell === undefined) {
      this.cells.set(i, null);
      if (this.stems[i]) { this.waiting.push(i); this.#next(); }
    }
    return cell ?? null;
  }

  #next() {
    while (this.under < AT_ONCE && this.waiting.length) {
      const i = this.waiting.shift(), picture = new Image();
      this.under += 1;
      picture.src = `${this.stems[i]}/cut/96.webp`;
      picture.decode().then(() => this.#keep(i, picture), () => {}).finally(() => { this.under -= 1; this.#next(); });
    }
  }

  #keep(i, picture) {
    this.count = (this.count ?? -1) + 1;
    const on = Math.floor(this.count / (ACROSS * ACROSS)), at = this.count % (ACROSS * ACROSS);
    if (!this.sheets[on]) {
      const sheet = document.createElement("canvas");
      sheet.width = sheet.height = CELL * ACROSS;
      sheet.getContext("2d").imageSmoothingQuality = "high";
      this.sheets[on] = sheet;
    }
    const x = (at % ACROSS) * CELL, y = Math.floor(at / ACROSS) * CELL;
    this.sheets[on].getContext("2d").drawImage(picture, x, y, CELL, CELL);
    this.cells.set(i, [this.sheets[on], x, y, CELL]);
    if (!this.waiting.length || this.count % 24 === 0) this.changed();
  }
}

/** Nodes for a `PictureCanvas` from an answer of the network or the map; `side` 0 is the obverse, 1 the reverse. */
export function nodesOf(answer, side, changed) {
  const stems = answer.stems.map((both) => both?.[side] ?? both?.[1 - side] ?? null);
  const sprites = new Sprites(stems, changed);
  return {
    x: answer.x, y: answer.y, label: answer.names, mm: answer.mm?.map((both) => both?.[side] ?? 0) ?? [], weight: null,
    sprite: (i) => sprites.of(i), address: (i) => (stems[i] ? `${stems[i]}/cut/192.webp` : null),
  };
}

/** What coins can be coloured by: name → values (one a coin, null where unknown) as the answer has them. */
export function property(answer, name, community = answer.community) {
  if (name === "community") return community.map((number) => (number > 0 ? number : null));
  const column = { type: [answer.types, answer.type_names], collection: [answer.collection, answer.collection_names] }[name];
  const [codes, names] = column ?? [answer.columns?.[name]?.codes ?? [], answer.columns?.[name]?.names ?? []];
  return answer.ids.map((_id, i) => names[codes[i]] ?? null);
}

/** Groups of equal values, the largest first: [{value, members}], and a colour number a coin; from the eleventh on grey. */
export function grouped(values) {
  const found = new Map();
  values.forEach((value, i) => {
    if (value === null) return;
    if (!found.has(value)) found.set(value, []);
    found.get(value).push(i);
  });
  const groups = [...found].map(([value, members]) => ({ value, members })).sort((a, b) => b.members.length - a.members.length);
  const colour = new Uint8Array(values.length).fill(GREY);
  groups.slice(0, GREY).forEach(({ members }, at) => members.forEach((i) => { colour[i] = at; }));
  return { groups, colour };
}

/** The commonest of some coins' values, and how many have it; null where none has one. */
export function commonest(values, members) {
  const counts = new Map();
  for (const i of members) if (values[i] !== null) counts.set(values[i], (counts.get(values[i]) ?? 0) + 1);
  const [first] = [...counts].sort((a, b) => b[1] - a[1]);
  return first ? { value: first[0], count: first[1] } : null;
}
