// How a coin looks everywhere: its sides, its legends, its chip, its line of facts, its card.
import { _, api, decimal, el, icon } from "/static/base.js";

export const FACES = ["obverse", "reverse"];
export const faceName = (face) => (face === "obverse" ? _("Obverse") : _("Reverse"));

/** "3.41 g · 21 mm · 6 h", with a dash in the place of what is unknown. */
export const factsLine = (card) =>
  `${decimal(card.weight, 2)} g · ${card.diameter === null ? "–" : Math.round(card.diameter)} mm · ${card.die_axis ?? "–"} h`;

/** The lines of a type: obverse legend over reverse legend, else its name. */
export const typeLines = (type) => (!type ? [] : type.obverse || type.reverse ? [type.obverse ?? "–", type.reverse ?? "–"] : [type.name]);
export const typeText = (type) => typeLines(type).join(" / ");

/** "A. K." of "Anna Krause". */
export const initials = (name) => (name ?? "").split(/\s+/).filter(Boolean).map((part) => `${part[0].toUpperCase()}.`).join(" ");

/** A probability with two digits; it is never quite nought or one. */
export const chance = (p) => (p > 0.99 ? ">0.99" : p < 0.01 ? "<0.01" : decimal(p, 2));

/** Probability with its word: 0.52 undecided. */
export function probabilityWord(p) {
  if (p === null || p === undefined) return "";
  if (p >= 0.9) return _("sure");
  if (p > 0.6) return _("likely");
  return p >= 0.4 ? _("undecided") : _("unlikely");
}

/** One side on the tray: its shape at once, its picture when decoded. `full` is the width of the place in mm.
 *  `size` is the file for one pixel a pixel; screens of two take the next. */
export function disc(picture, face, name, { size = 192, full = null, kind = "cut" } = {}) {
  if (!picture) {
    const text = face === "obverse" ? _("no obverse") : _("no reverse");
    return el("span", { class: "disc none" }, el("span", {}, text));
  }
  const larger = { 96: 192, 192: 384, 384: 768, 768: kind === "cut" ? 768 : 1536 }[size] ?? size;
  const alt = face === "obverse" ? _("Obverse of {coin}", { coin: name }) : _("Reverse of {coin}", { coin: name });
  const image = el("img", {
    alt, decoding: "async", loading: "lazy", draggable: "false",
    srcset: `${picture.stem}/${kind}/${size}.webp 1x, ${picture.stem}/${kind}/${larger}.webp 2x`,
  });
  const box = el("span", { class: "disc" }, image);
  if (full && picture.mm) {
    const share = `${Math.min(100, (100 * picture.mm) / full).toFixed(1)}%`;
    image.style.width = share;
    image.style.height = share;
  }
  image.addEventListener("load", () => box.classList.add("ready"));
  image.addEventListener("error", () => { // the shape stays, and says so
    box.classList.add("none");
    image.replaceWith(el("span", {}, _("not readable")));
  });
  image.src = `${picture.stem}/${kind}/${size}.webp`;
  if (image.complete && image.naturalWidth) box.classList.add("ready"); // it is in memory already: no flash
  return box;
}

/** Both sides, or one, side by side. A tray of `shape` s72, s96, s136, or as wide as its place. */
export function pair(card, { shape = "", faces = FACES, size, full } = {}) {
  const file = size ?? (shape === "s72" || shape === "s96" ? 96 : 192);
  return el("span", { class: `tray pair ${shape} ${faces.length === 1 ? "one" : ""}` },
    ...faces.map((face) => disc(card.pictures[face], face, card.name, { size: file, full })));
}

/** The outline of a side as a closed line over its square picture. */
export async function outlineOf(picture) {
  const found = await api(`${picture.stem}/outline.json`);
  const [left, top, side] = found.square;
  const high = picture.height / picture.width; // x and y are shares of the picture's own width and height
  const points = found.points.map(([x, y]) => `${(((x - left) / side) * 100).toFixed(2)},${(((y * high - top) / side) * 100).toFixed(2)}`);
  return el("svg", { class: "rimbox", viewBox: "0 0 100 100", "aria-hidden": "true" }, el("polygon", { class: "rim", points: points.join(" ") }));
}

/** Who says the type, as sign and word. */
export function chip(card) {
  const made = (kind, sign, text) => el("span", { class: `chip ${kind}` }, sign ? icon(sign) : null, text);
  if (card.differ) return made("doubt", "differ", _("people differ"));
  if (card.doubtful) return made("doubt", "doubt", _("doubtful"));
  if (!card.type && card.proposal) return made("proposed", "proposed", _("proposed {probability}", { probability: chance(card.proposal.probability) }));
  if (!card.type) return made("open", null, _("no type"));
  if (card.source === "person") return made("yes", "check", initials(card.by) || _("a person"));
  return made("", null, card.source === "table" ? _("table") : card.source === "folder" ? _("folder") : (card.source ?? ""));
}

/** The two lines of a card's type; a proposed one is grey. */
export function legendLines(card) {
  const guess = !card.type && card.proposal;
  const lines = typeLines(guess ? card.proposal.type : card.type);
  return el("p", { class: `legend ${guess ? "guess" : ""}`, title: lines.join("\n") || null },
    ...(lines.length ? lines : ["–"]).map((line) => el("span", {}, line)));
}

/** What a listener hears of a card. */
export function cardLabel(card) {
  const type = card.type ? typeText(card.type) : card.proposal ? _("proposed: {type}", { type: typeText(card.proposal.type) }) : _("no type");
  return [card.name, type, factsLine(card), card.mint ?? ""].filter(Boolean).join(", ");
}

/** A coin in a gallery. `answer(verdict)` is called with "accept" or "reject" where a type is proposed. */
export function coinCard(card, { full, faces, picked, onpick, answer } = {}) {
  const shown = pair(card, { full, faces, size: 192 });
  const link = el("a", { class: shown.className, href: card.href, "aria-label": cardLabel(card) }, ...shown.childNodes);
  if (full && FACES.some((face) => card.pictures[face]) && !FACES.some((face) => card.pictures[face]?.mm)) link.append(el("span", { class: "unscaled" }, _("not to scale")));
  const asks = answer && !card.type && card.proposal;
  return el("div", { class: `card ${picked ? "on" : ""}`, data: { id: card.id } },
    link,
    el("button", { class: "pick", type: "button", tabindex: -1, "aria-pressed": String(Boolean(picked)), "aria-label": _("{coin} on the tray", { coin: card.name }), onclick: onpick }, icon("check")),
    el("div", { class: "caption" },
      el("div", { class: "first" }, el("span", { class: "name cut" }, card.name), chip(card),
        asks ? el("span", { class: "answers" },
          el("button", { class: "yes", type: "button", tabindex: -1, "aria-label": _("Accept the proposed type of {coin}", { coin: card.name }), title: _("Accept (y)"), onclick: () => answer("accept") }, icon("check")),
          el("button", { class: "no", type: "button", tabindex: -1, "aria-label": _("Reject the proposed type of {coin}", { coin: card.name }), title: _("Reject (n)"), onclick: () => answer("reject") }, icon("cross"))) : null),
      legendLines(card),
      el("p", { class: "facts" }, el("span", {}, factsLine(card)), el("span", { class: "cut" }, card.mint ?? ""))));
}

/** The track of a percentile: logarithmic, a tick at 99, the end at 99.99. */
export function track(percentile, width = 84) {
  const share = Math.max(0.02, Math.min(1, -Math.log10(Math.max(1e-4, 1 - Math.min(percentile, 99.99) / 100)) / 4));
  return el("svg", { class: "track", viewBox: `0 0 ${width} 10`, width, height: 10, "aria-hidden": "true" },
    el("rect", { class: "ground", y: 3, width, height: 4, rx: 2 }),
    el("rect", { class: `value ${percentile >= 99 ? "high" : ""}`, y: 3, width: (width * share).toFixed(1), height: 4, rx: 2 }),
    el("line", { class: "tick", x1: width / 2, x2: width / 2, y1: 0, y2: 10 }));
}

/** A ruler of 10 mm beside pictures of which a millimetre is `pixels` wide; without a scale it says so. */
export function ruler(pixels) {
  const box = el("span");
  setRuler(box, pixels);
  return box;
}
export function setRuler(box, pixels) {
  box.classList.add("ruler");
  if (!pixels) { box.replaceChildren(_("not to scale")); return; }
  const w = Math.max(8, Math.round(pixels * 10));
  box.replaceChildren(el("svg", { width: w, height: 8, "aria-hidden": "true" }, el("path", { d: `M.5 1v6M${w - 0.5} 1v6M0 4H${w}` })), _("10 mm"));
}
