// The rows of a question as a table, as a gallery of their coins, and as a graph.
import { _, el, emptyBox, icon, ngettext, number } from "/static/base.js";
import { chip, coinCard, factsLine, pair, typeLines } from "/static/coins-parts.js";
import { decide } from "/static/deciding.js";
import { onTray, toggleTray } from "/static/tray.js";
import { COLOURS, GREY, PictureCanvas } from "/static/canvas.js";
import { layout } from "/static/layout.js";

const PAGE = 100;
const LEGENDS = /^[^a-z]{4,} \/ [^a-z]{4,}$/; // a type that is written by its two legends

/** The columns as the server wrote them, but coins as cells with their pictures. */
export function showTable(box, answer) {
  const cards = answer.cards ?? {}, columns = answer.table ?? [], lead = columns.find((column) => cards[answer.rows[0]?.[column.name]]);
  const proposed = lead && answer.rows.some((row) => cards[row[lead.name]]?.proposal && !cards[row[lead.name]].type);
  const body = el("tbody", {}), more = el("p", { class: "more" });
  const side = (column) => ({ class: column.right ? "number" : null });
  const add = () => {
    const from = body.children.length;
    body.append(...answer.rows.slice(from, from + PAGE).map((row, at) => el("tr", {},
      ...columns.map((column) => el("td", side(column), ...cell(row[column.name], column.texts[from + at], cards))),
      proposed ? el("td", {}, answers(cards[row[lead.name]])) : null)));
    const left = answer.rows.length - body.children.length;
    more.replaceChildren(...(left > 0 ? [el("button", { class: "btn", type: "button", onclick: add }, ngettext("Show {count} more", "Show {count} more", Math.min(left, PAGE)))] : []));
  };
  box.replaceChildren(el("div", { class: "tablescroll" }, el("table", { class: "grid-table" },
    el("thead", {}, el("tr", {}, ...columns.map((column) => el("th", side(column), column.head)), proposed ? el("th", {}, _("Verdict")) : null)), body)), more);
  add();
}

/** A type or a legend as it is cut, the two sides below each other. */
const legend = (text) => [el("span", { class: "legend lines" }, ...text.split(" / ").map((line) => el("span", {}, line)))];

function cell(value, text, cards) {
  if (Array.isArray(value) && value.some((one) => cards[one])) return value.slice(0, 12).flatMap((one) => cell(one, one, cards)).concat(value.length > 12 ? ` … ${number(value.length)}` : []);
  const card = typeof value === "string" ? cards[value] : null;
  if (card) return [el("a", { class: "coincell", href: card.href }, pair(card, { shape: "s96" }), el("span", {}, el("b", {}, card.name), el("br", {}), el("span", { class: "small faint" }, factsLine(card))))];
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return [JSON.stringify(value)];
  return typeof value === "string" && LEGENDS.test(value) ? legend(value) : [text];
}

/** Accept and reject where a type is proposed; what was said stays pressed. */
function answers(card) {
  if (!card?.proposal || card.type) return card ? chip(card) : "";
  const box = el("div", { class: "verdicts" }), mark = (kind) => { for (const button of box.children) button.setAttribute("aria-pressed", String(button.dataset.kind === kind)); };
  const button = (kind, look, sign, label, said) => el("button", {
    class: `btn square ${look}`, type: "button", "aria-pressed": "false", "aria-label": label, title: typeLines(card.proposal.type).join(" / "), data: { kind },
    onclick: () => decide({ kind, coins: [card.id], type: card.proposal.type.name, version: card.version }, { say: said, apply: () => mark(kind), revert: () => mark(null) }),
  }, icon(sign));
  box.append(button("accept", "yes", "check", _("Accept for {name}", { name: card.name }), _("Accepted: {name}", { name: card.name })), button("reject", "no", "cross", _("Reject for {name}", { name: card.name }), _("Rejected: {name}", { name: card.name })));
  return box;
}

/** Each coin of the rows once, in the rows' order. */
export function showGallery(box, answer) {
  const cards = answer.cards ?? {}, ids = new Set(answer.rows.flatMap((row) => answer.columns.flatMap((column) => [row[column]].flat()).filter((value) => typeof value === "string" && cards[value])));
  if (!ids.size) { box.replaceChildren(emptyBox(_("No coins in these rows."), _("The table shows what they say."))); return; }
  const shown = [...ids].map((id) => cards[id]), full = Math.max(0, ...shown.flatMap((card) => Object.values(card.pictures).map((picture) => picture?.mm ?? 0))) || null;
  box.replaceChildren(el("div", { class: "gallery" }, ...shown.slice(0, 300).map((card) => {
    const made = coinCard(card, { full, picked: onTray(card.id), onpick: () => made.classList.toggle("on", toggleTray(card)) });
    return made;
  })));
}

export function showGraph(box, answer) {
  const nodes = answer.nodes ?? [], edges = answer.edges ?? [], cards = answer.cards ?? {};
  if (!nodes.length) { box.replaceChildren(emptyBox(_("These rows are no graph."), _("The question returns values, not nodes and relationships. The table shows them."))); return; }
  const place = new Map(nodes.map((node, i) => [node.id, i]));
  const ends = edges.map((edge) => [place.get(edge.start), place.get(edge.end)]).filter(([a, b]) => a !== undefined && b !== undefined && a !== b);
  const labels = [...new Set(nodes.map((node) => node.labels?.at(-1) ?? ""))], { x, y } = layout(nodes.length, ends);
  const canvas = el("canvas", { tabindex: "0", role: "application", "aria-label": _("The result as a graph: {nodes} nodes, {edges} edges. Arrow keys go from node to node; the table says the same.", { nodes: nodes.length, edges: ends.length }) });
  const said = el("p", { class: "graphkey small", "aria-live": "polite" });
  box.replaceChildren(el("div", { class: "graphbox on-tray" }, canvas), el("p", { class: "graphkey small" }, ...labels.map((label, at) => { const dot = el("i", {}); dot.style.background = COLOURS[Math.min(at, GREY)]; return el("span", {}, dot, label); })), said);
  const stem = (i) => { const card = cards[nodes[i].coin]; return card ? (card.pictures.obverse ?? card.pictures.reverse)?.stem : null; }, pictures = new Map();
  const near = nodes.map(() => []);
  ends.forEach(([a, b]) => { near[a].push(b); near[b].push(a); });
  const drawn = new PictureCanvas(canvas, {
    x, y, label: nodes.map((node) => node.name ?? ""), mm: [], weight: null, address: (i) => (stem(i) ? `${stem(i)}/cut/192.webp` : null),
    sprite: (i) => {
      if (!pictures.has(i)) {
        pictures.set(i, null);
        if (stem(i)) { const image = new Image(); image.src = `${stem(i)}/cut/96.webp`; image.decode().then(() => { pictures.set(i, [image, 0, 0, image.naturalWidth]); drawn.draw(); }, () => {}); }
      }
      return pictures.get(i);
    },
  }, { neighbours: (i) => near[i], choose: (i) => { said.replaceChildren(...(i < 0 ? [] : [nodes[i].coin && cards[nodes[i].coin] ? el("a", { class: "link", href: cards[nodes[i].coin].href }, nodes[i].name) : el("b", {}, nodes[i].name ?? ""), ngettext("{count} link", "{count} links", near[i].length)])); } });
  drawn.colour = Uint8Array.from(nodes, (node) => Math.min(labels.indexOf(node.labels?.at(-1) ?? ""), GREY));
  drawn.edges = { a: ends.map(([a]) => a), b: ends.map(([, b]) => b), count: ends.length };
  drawn.fit();
}
