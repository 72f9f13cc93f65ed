// The dies of one type: obverse dies above, reverse dies below, coins as lines between them.
import { $, $$, _, api, browserLink, decimal, el, emptyBox, ngettext, number, params, problemBox, setParams, state as first, withCode } from "/static/base.js";
import { chance, factsLine, pair, probabilityWord, typeLines } from "/static/coins-parts.js";
import { decide } from "/static/deciding.js";
import { addKeys } from "/static/keys.js";
import { compareHref } from "/static/tray.js";

const STEP = 140, PICTURE = 112, TOP = 46, LOW = 398, TALL = 560;
const NS = "http://www.w3.org/2000/svg";
const shown = { answer: null, order: params().get("order") === "number" ? "number" : "crossings", die: params().get("die") };

const svg = (tag, attributes = {}, ...children) => {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

const byNumber = (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true });
const ordered = (dies) => [...dies].sort(shown.order === "number" ? byNumber : (a, b) => (a.x ?? 0) - (b.x ?? 0) || byNumber(a, b));

function chart() {
  const { answer } = shown, above = ordered(answer.obverse), below = ordered(answer.reverse);
  const wide = Math.max(above.length, below.length, 2) * STEP + 40;
  const spread = (dies) => new Map(dies.map((die, at) => [die.id, (wide / dies.length) * (at + 0.5)]));
  const x = new Map([...spread(above), ...spread(below)]);
  const widest = Math.max(0, ...[...above.map((die) => [die, "obverse"]), ...below.map((die) => [die, "reverse"])].map(([die, face]) => pictureOf(die, face)?.mm ?? 0));
  const lines = answer.links.map((link) => ({ link, from: x.get(link.obverse), to: x.get(link.reverse) })).filter(({ from, to }) => from !== undefined && to !== undefined);
  const drawn = svg("svg", { viewBox: `0 0 ${wide} ${TALL}`, width: wide, height: TALL, role: "group", "aria-label": _("Obverse dies above, reverse dies below") },
    ...lines.map(({ link, from, to }) => svg("path", { class: cls("line", link), d: `M${from} ${TOP + PICTURE + 26}C${from} ${TOP + PICTURE + 120},${to} ${LOW - 120},${to} ${LOW - 8}` })),
    ...above.map((die) => dieMark(die, "obverse", x.get(die.id), TOP, widest)), ...below.map((die) => dieMark(die, "reverse", x.get(die.id), LOW, widest)),
    ...lines.map(({ link, from, to }) => {
      const middle = (from + to) / 2, high = (TOP + PICTURE + 26 + LOW - 8) / 2;
      return svg("g", { class: cls("count", link) }, svg("circle", { class: "node", cx: middle, cy: high, r: 11 }), text(middle, high + 4, number(link.coins.length), "s"));
    }));
  const focused = document.activeElement?.closest?.(".die")?.dataset.die;
  $("#chart").replaceChildren(drawn);
  if (focused) $(`[data-die="${CSS.escape(focused)}"]`, drawn)?.focus();
}
const cls = (name, link) => [name, link.sure === false ? "unsure" : "", link.obverse === shown.die || link.reverse === shown.die ? "hot" : ""].join(" ");
const text = (x, y, words, kind = null) => svg("text", { x, y, class: kind }, words);

function pictureOf(die, face) {
  for (const id of die.coins) { const picture = shown.answer.cards[id]?.pictures[face]; if (picture) return picture; }
  return null;
}

function dieMark(die, face, x, y, widest) {
  const picture = pictureOf(die, face), size = picture?.mm && widest ? (PICTURE * picture.mm) / widest : PICTURE, middle = y + PICTURE / 2 + 8;
  const names = face === "obverse" ? [22, 38] : [PICTURE + 32, PICTURE + 49].map((v) => v + y);
  const coins = ngettext("{count} coin", "{count} coins", die.coins.length), on = die.id === shown.die;
  const mark = svg("g", {
    class: "die", role: "button", tabindex: on ? 0 : -1, "aria-pressed": String(on), "data-die": die.id, "data-face": face,
    "aria-label": face === "obverse" ? _("Obverse die {name}, {coins}", { name: die.name, coins }) : _("Reverse die {name}, {coins}", { name: die.name, coins }),
  }, svg("circle", { class: "ring", cx: x, cy: middle, r: PICTURE / 2 + 6 }),
  picture ? svg("image", { href: `${picture.stem}/cut/192.webp`, x: x - size / 2, y: middle - size / 2, width: size, height: size }) : svg("circle", { class: "nothing", cx: x, cy: middle, r: PICTURE / 2 - 8 }),
  text(x, names[0], die.name), text(x, names[1], coins, "s"));
  mark.addEventListener("click", () => choose(die.id));
  mark.addEventListener("keydown", (event) => walk(event, die, face));
  return mark;
}

/** Arrows: left and right along a row, up and down along a line. */
function walk(event, die, face) {
  if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(die.id); return; }
  const row = ordered(shown.answer[face]), at = row.findIndex((one) => one.id === die.id);
  let to = { ArrowLeft: row[at - 1], ArrowRight: row[at + 1] }[event.key];
  if ((event.key === "ArrowDown" && face === "obverse") || (event.key === "ArrowUp" && face === "reverse")) {
    const other = face === "obverse" ? "reverse" : "obverse", link = shown.answer.links.find((one) => one[face] === die.id);
    to = link && shown.answer[other].find((one) => one.id === link[other]);
  }
  if (!to) return;
  event.preventDefault();
  choose(to.id);
  $(`[data-die="${CSS.escape(to.id)}"]`)?.focus();
}

function choose(id) {
  shown.die = id;
  const wanted = params();
  wanted.set("die", id);
  setParams(wanted);
  chart();
  panel();
}

function panel() {
  const { answer } = shown, face = answer.obverse.some((die) => die.id === shown.die) ? "obverse" : "reverse";
  const die = answer[face].find((one) => one.id === shown.die), other = face === "obverse" ? "reverse" : "obverse";
  const name = new Map([...answer.obverse, ...answer.reverse].map((one) => [one.id, one.name]));
  const struck = new Map(answer.links.flatMap((link) => link.coins.map((coin) => [coin, link])));
  $("#die").textContent = die?.other_type ? _("Die {name} of {type}", { name: die.name.replace("*", ""), type: die.other_type }) : _("Die {name}", { name: die?.name ?? "–" });
  $("#diecoins").textContent = die ? ngettext("{count} coin", "{count} coins", die.coins.length) : "";
  $("#coins").replaceChildren(...(die?.coins ?? []).filter((id) => answer.cards[id]).map((id) => {
    const card = answer.cards[id], with_ = name.get(struck.get(id)?.[other]);
    return el("li", {}, el("a", { href: card.href }, pair(card, { shape: "s136" }), el("span", {}, el("b", {}, card.name), with_ ? `, ${with_}` : "", el("br", {}), factsLine(card))));
  }));
  $("#links").replaceChildren(...[...answer.links].sort((a, b) => (name.get(a.obverse) + name.get(a.reverse)).localeCompare(name.get(b.obverse) + name.get(b.reverse), undefined, { numeric: true })).map((link) => linkRow(link, name)));
  asked(face);
}

function linkRow(link, name) {
  const cards = link.coins.map((id) => shown.answer.cards[id]).filter(Boolean), known = cards.map((card) => card.weight).filter((weight) => weight !== null);
  const axes = [...new Set(cards.map((card) => card.die_axis).filter((axis) => axis !== null))];
  return el("tr", { "aria-selected": String(link.obverse === shown.die || link.reverse === shown.die) },
    el("td", {}, `${name.get(link.obverse)} – ${name.get(link.reverse)}`), el("td", { class: "number" }, number(link.coins.length)),
    el("td", { class: "number" }, known.length ? decimal(known.reduce((sum, weight) => sum + weight, 0) / known.length, 2) : "–"),
    el("td", {}, axes.length ? `${axes.join(", ")} h` : "–"), el("td", {}, link.sure === false ? el("span", { class: "chip doubt" }, _("look")) : ""));
}

/** Pairs of this type without a verdict: clear, but of two dies by other pairs. */
const waiting = () => (shown.answer.pairs ?? []).filter((one) => !one.verdicts?.some((verdict) => !verdict.undone) && one.probability !== null);

/** The surest of these come first. */
function asked(face) {
  const open = waiting().sort((a, b) => b.probability - a.probability).slice(0, 8);
  $("#asked").replaceChildren(...(open.length ? [el("h3", {}, _("Pairs that wait for a verdict")), el("ul", {}, ...open.map((one) => openPair(one, face)))] : []));
}

function openPair(one) {
  const [a, b] = one.coins.map((id) => shown.answer.cards[id]);
  if (!a || !b) return "";
  const say = (kind, words) => decide({ kind, coins: one.coins, face: one.face, version: one.version }, {
    say: `${words}: ${a.name} – ${b.name}`, apply: () => { one.verdicts = [...(one.verdicts ?? []), { kind }]; panel(); }, revert: () => { one.verdicts = []; panel(); },
  });
  return el("li", {}, el("a", { class: "link", href: `${compareHref(one.coins)}&face=${one.face}` }, `${a.name} – ${b.name}`, el("span", { class: "faint small" }, ` ${one.face === "obverse" ? _("obverse") : _("reverse")}, ${chance(one.probability)} ${probabilityWord(one.probability)}`)),
    el("button", { class: "btn yes", type: "button", onclick: () => say("same-die", _("Same die")) }, _("Same")), el("button", { class: "btn no", type: "button", onclick: () => say("not-same-die", _("Different dies")) }, _("Different")));
}

function take(answer) {
  if (answer.type) $("#type").textContent = typeLines(answer.type).join(" / ");
  if (answer.missing || !(answer.obverse?.length || answer.reverse?.length)) {
    for (const part of $$(".viewhead .segments")) part.hidden = true;
    $("#bench").replaceWith(emptyBox(_("No dies of this type are known."), withCode(_("Find them with `{command}`.", { command: answer.missing?.command ?? "coingraph dies" })),
      answer.type ? el("a", { class: "btn", href: `/coins?${new URLSearchParams({ type: answer.type.name })}` }, _("Its coins")) : ""));
    return;
  }
  shown.answer = answer;
  const coins = Object.keys(answer.cards).length, unsure = waiting().length;
  $("#told").textContent = [_("{coins} from {obverse} obverse and {reverse} reverse dies.", { coins: ngettext("{count} coin", "{count} coins", coins), obverse: answer.obverse.length, reverse: answer.reverse.length }),
    unsure ? ngettext("{count} pair of dies waits for a verdict.", "{count} pairs of dies wait for a verdict.", unsure) : _("All are sure.")].join(" ");
  $("#svg").href = answer.svg;
  $("#pdf").href = answer.pdf;
  browserLink(answer.browser);
  $("#foreign").hidden = ![...answer.obverse, ...answer.reverse].some((die) => die.other_type);
  const all = [...answer.obverse, ...answer.reverse];
  if (!all.some((die) => die.id === shown.die)) shown.die = [...all].sort((a, b) => b.coins.length - a.coins.length)[0]?.id;
  order(shown.order);
  panel();
}

function order(name) {
  shown.order = name;
  for (const button of $$("[data-order]")) button.setAttribute("aria-pressed", String(button.dataset.order === name));
  chart();
}
for (const button of $$("[data-order]")) button.addEventListener("click", () => order(button.dataset.order));
addKeys([["j", _("Next die"), () => step(1)], ["k", _("Previous die"), () => step(-1)]]);
function step(by) {
  const all = [...ordered(shown.answer.obverse), ...ordered(shown.answer.reverse)], at = all.findIndex((die) => die.id === shown.die);
  choose(all[(at + by + all.length) % all.length].id);
}

if (first?.obverse) take(first);
else api(`/api/dies/${location.pathname.split("/dies/")[1]}${location.search}`).then(take, (problem) => $("#bench").replaceChildren(problemBox(problem, () => location.reload())));
