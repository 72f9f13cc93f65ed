// Compare: two to six coins in one scale, side by side or laid over each other, and what people say of each pair.
import { $, $$, _, api, coinApi, decimal, el, emptyBox, latest, ngettext, params, problemBox, rested, setParams, state as first } from "/static/base.js";
import { chance, factsLine, probabilityWord, track } from "/static/coins-parts.js";
import { decide } from "/static/deciding.js";
import { addKeys } from "/static/keys.js";
import { Panes } from "/static/panes.js";
import { stripLines } from "/static/legends.js";

const asked = params();
const SIDES = { obverse: ["obverse"], reverse: ["reverse"], both: ["obverse", "reverse"] };
const view = {
  cards: [], pairs: [], face: SIDES[asked.get("face")] ? asked.get("face") : "obverse", mode: asked.get("mode") === "over" ? "over" : "side",
  blend: ["difference", "blink"].includes(asked.get("blend")) ? asked.get("blend") : "blend", opacity: 0.5,
  kind: ["even", "whole"].includes(asked.get("show")) ? asked.get("show") : "cut", linked: true, points: true, at: 0,
  facts: factsLine, legends: new Map(),
  get sides() { return SIDES[this.mode === "over" && this.face === "both" ? "obverse" : this.face]; },
  get pair() { return this.pairs[this.at]?.places ?? [0, 1]; },
  aligned,
};
const panes = new Panes($("#panes"), view, rested(moved, 200));
const alignments = new Map();

/** How the second coin lies on the first: asked once a pair and side. */
function aligned(one, two, side) {
  const key = `${one.id}|${two.id}|${side}`;
  if (!alignments.has(key)) {
    const query = new URLSearchParams({ one: one.id, two: two.id, face: side });
    alignments.set(key, api(`/api/align?${query}`).catch(() => null));
    alignments.get(key).then(pointsKnown);
  }
  return alignments.get(key);
}

const pointsKnown = rested(() => showPairs(), 200);

function moved() {
  const pane = panes.current, at = pane ? panes.of(pane) : panes.view;
  $("#zoomed").textContent = `${Math.round(at.z * 100)} %`;
  address();
}

function address() {
  const wanted = new URLSearchParams({ coins: view.cards.map((card) => card.id).join(","), face: view.face });
  if (view.mode === "over") wanted.set("mode", "over");
  if (view.mode === "over" && view.blend !== "blend") wanted.set("blend", view.blend);
  if (view.kind !== "cut") wanted.set("show", view.kind);
  if (view.at) wanted.set("pair", view.at);
  const { x, y, z, turn } = panes.view;
  if (view.linked && (x || y || z !== 1 || turn)) wanted.set("at", [x, y, z * 100, turn].map((v) => Math.round(v)).join("_"));
  setParams(wanted);
}

// ---- what is shown ----
function show() {
  const over = view.mode === "over", [one, two] = view.pair.map((at) => view.cards[at]);
  $("#title").textContent = _("Compare {count}", { count: view.cards.length });
  for (const b of $$("[data-face]")) press(b, b.dataset.face === view.face);
  for (const b of $$("[data-mode]")) if (b.closest(".toolbar")) press(b, b.dataset.mode === view.mode);
  for (const b of $$("[data-kind]")) press(b, b.dataset.kind === view.kind);
  for (const b of $$("[data-turn-on]")) press(b, view[b.dataset.turnOn]);
  for (const b of $$("[data-blend]")) press(b, b.dataset.blend === view.blend);
  $("#blends").hidden = !over;
  $("#tell").hidden = view.blend !== "difference";
  $("#basename").textContent = one?.name ?? "";
  $("#topname").textContent = two?.name ?? "";
  $("#pairface").textContent = { obverse: _("obverse"), reverse: _("reverse"), both: _("both sides") }[view.face];
  panes.build();
  showStrips(over ? [one, two] : view.cards);
  showPairs();
  moved();
}
const press = (button, on) => button.setAttribute("aria-pressed", String(Boolean(on)));

function showStrips(cards) {
  $("#lines").replaceChildren(...view.sides.flatMap((side) => [
    ...(view.sides.length > 1 ? [el("h3", {}, side === "obverse" ? _("Obverse") : _("Reverse"))] : []),
    ...stripLines(cards, side, view.legends),
  ]));
}

function showPairs() {
  $("#pairs").replaceChildren(...view.pairs.map((pair, at) => pairItem(pair, at)));
}

function pairItem(pair, at) {
  const [one, two] = pair.places.map((k) => view.cards[k]);
  const item = el("li", { "aria-current": at === view.at ? "true" : null },
    el("div", { class: "who-pair" },
      el("button", { type: "button", onclick: () => choose(at), "aria-label": _("Show the pair {one} and {two}", { one: one.name, two: two.name }) }, `${one.name} – ${two.name}`),
      el("span", { class: "grow" }), ...said(pair)),
    el("p", {}, pair.sentence || composed(pair)),
    el("div", { class: "faces" }, ...["obverse", "reverse"].filter((side) => view.face === "both" || view.face === side).flatMap((side) => faceRow(pair, side))),
    el("div", { class: "answers" }, ...answers(pair, at)),
    pair.refused ? el("p", { class: "refused", role: "alert" }, pair.refused.message, " ",
      pair.insist ? el("button", { class: "link", type: "button", onclick: () => pair.insist() }, _("Give mine too")) : null) : null);
  return item;
}

function faceRow(pair, side) {
  const known = pair.faces?.[side], name = side === "obverse" ? _("Obv.") : _("Rev.");
  if (!known) return [el("span", {}, name), el("span", {}, "–"), el("span", {}), el("span", { class: "faint" }, _("not linked"))];
  const points = el("span", {}, known.points ? ngettext("{count} point", "{count} points", known.points) : "");
  if (!known.points) alignments.get(pair.coins.concat(side).join("|"))?.then((found) => { if (found?.how === "match") points.textContent = ngettext("{count} point", "{count} points", found.inliers); });
  return [el("span", {}, name), known.percentile === null ? el("span", {}, "–") : track(known.percentile), el("span", {}, decimal(known.percentile, 2)), points];
}

/** One sentence where the server gives none: by what the two are close. */
function composed(pair) {
  const side = view.face === "both" ? "obverse" : view.face, known = pair.faces?.[side];
  if (known?.verified) return _("{count} points of the two sides agree: one die, it seems.", { count: known.points });
  if (known?.percentile >= 0) return _("Closer than {percentile} % of all pairs by this side.", { percentile: decimal(known.percentile, 2) });
  return _("Not among each other's nearest by this side.");
}

/** Of each verdict: its colour, as a chip says it, as the toast says it. */
const VERDICTS = {
  "same-type": () => ["yes", _("same type"), _("Same type")], "not-same-type": () => ["no", _("different types"), _("Different types")],
  "same-die": () => ["yes", _("same die"), _("Same die")], "not-same-die": () => ["no", _("different dies"), _("Different dies")],
  merge: () => ["yes", _("doubles"), _("Doubles")],
};
const counted = (pair) => (pair.verdicts ?? []).filter((verdict) => !verdict.undone && (!verdict.face || view.face === "both" || verdict.face === view.face));

function said(pair) {
  const chips = counted(pair).slice(0, 2).map((verdict) => {
    const [kind, text] = VERDICTS[verdict.kind]?.() ?? ["", verdict.kind];
    return el("span", { class: `chip ${kind}`, title: verdict.sentence }, `${text}, ${verdict.author}`);
  });
  if (chips.length || pair.probability === null || pair.probability === undefined) return chips;
  return [el("span", { class: `chip ${pair.probability >= 0.4 && pair.probability <= 0.6 ? "doubt" : ""}` }, `${probabilityWord(pair.probability)} ${chance(pair.probability)}`)];
}

function answers(pair, at) {
  const given = new Set(counted(pair).map((verdict) => verdict.kind)), here = at === view.at;
  const button = (kind, look, text, key) => el("button", {
    class: `btn ${look}`, type: "button", "aria-pressed": String(given.has(kind)), onclick: () => answer(at, kind),
  }, text, here ? el("kbd", {}, key) : null);
  const dies = [button("same-die", "yes", _("Same die"), "d"), button("not-same-die", "no", _("Different dies"), "⇧d")];
  return [...(view.face === "both" ? [] : dies), button("same-type", "yes", _("Same type"), "y"), button("not-same-type", "no", _("Different"), "n")];
}

function choose(at) {
  view.at = (at + view.pairs.length) % Math.max(1, view.pairs.length);
  show();
}

// ---- what people say ----
async function answer(at, kind) {
  const pair = view.pairs[at], die = kind.endsWith("die"), face = die ? view.sides[0] : null;
  if (!pair || (die && view.face === "both" && view.mode !== "over")) return;
  const before = pair.verdicts ?? [], [one, two] = pair.places.map((k) => view.cards[k]);
  const mine = { kind, face, author: _("you"), sentence: "", undone: false };
  const show = (verdicts, refused = null) => { Object.assign(pair, { verdicts, refused }); showPairs(); };
  await decide({ kind, coins: pair.coins, face, version: pair.version }, {
    say: `${VERDICTS[kind]()[2]}: ${one.name} – ${two.name}`,
    apply: () => show([mine, ...before.filter((verdict) => verdict.face !== face || verdict.kind.endsWith("die") !== die)]),
    revert: () => show(before),
    refused: (problem, insist) => { show(problem.answer?.stands ?? before, problem); pair.insist = insist; showPairs(); },
  });
}
document.addEventListener("verdict", () => load(true)); // given or taken back: what the server has now

const load = latest(async (again, signal) => {
  const ids = view.cards.map((card) => card.id);
  try {
    const answered = await api(`/api/pair?${new URLSearchParams({ coins: ids.join(",") })}`, { signal });
    take(answered, again);
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    $("#pairs").replaceChildren(el("li", {}, problemBox(problem, () => load(again))));
  }
});

function take(answered, again = false) {
  view.cards = answered.cards;
  const place = new Map(view.cards.map((card, at) => [card.id, at]));
  view.pairs = answered.pairs.map((pair) => ({ ...pair, places: pair.coins.map((id) => place.get(id)) }));
  if (again) return showPairs();
  return show();
}

/** Legends as read and recorded come with each coin's record; the strips stand before. */
async function legends() {
  const records = await Promise.all(view.cards.map((card) => api(coinApi(card.id)).catch(() => null)));
  records.forEach((record) => { if (record) view.legends.set(record.card.id, record.legends ?? {}); });
  showStrips(view.mode === "over" ? view.pair.map((at) => view.cards[at]) : view.cards);
}

// ---- what can be pressed ----
function setFace(face) { view.face = face; show(); }
function setMode(mode) { if (view.cards.length > 1) { view.mode = mode; show(); } }
function setKind(kind) { view.kind = view.kind === kind ? "cut" : kind; show(); }
function turnOn(name) {
  view[name] = !view[name];
  if (name === "linked" && !view.linked) panes.own.clear();
  press($(`[data-turn-on="${name}"]`), view[name]);
  panes.place();
}
let blinking = 0;
function setBlend(blend) {
  view.blend = blend;
  clearInterval(blinking);
  panes.hiddenTop = false;
  if (blend === "blink") blinking = setInterval(() => { panes.hiddenTop = !panes.hiddenTop; panes.place(); }, 450);
  for (const b of $$("[data-blend]")) press(b, b.dataset.blend === blend);
  $("#tell").hidden = blend !== "difference";
  panes.place();
  address();
}

for (const b of $$("[data-face]")) b.addEventListener("click", () => setFace(b.dataset.face));
for (const b of $$(".toolbar [data-mode]")) b.addEventListener("click", () => setMode(b.dataset.mode));
for (const b of $$("[data-kind]")) b.addEventListener("click", () => setKind(b.dataset.kind));
for (const b of $$("[data-turn-on]")) b.addEventListener("click", () => turnOn(b.dataset.turnOn));
for (const b of $$("[data-blend]")) b.addEventListener("click", () => setBlend(b.dataset.blend));
$("#fit").addEventListener("click", () => panes.fit());
$("#opacity").addEventListener("input", (e) => { view.opacity = e.target.value / 100; if (view.blend !== "blend") setBlend("blend"); panes.place(); });
$("#panes").addEventListener("keydown", (e) => {
  const way = { ArrowLeft: [-40, 0], ArrowRight: [40, 0], ArrowUp: [0, -40], ArrowDown: [0, 40] }[e.key];
  if (!way) return;
  panes.pan(panes.current, ...way);
  e.preventDefault();
});
$("#panes").addEventListener("focusin", moved);

/** While b is down, the upper one is away. */
function hideTop(hidden) {
  if (view.mode !== "over" || view.blend === "blink") return;
  panes.hiddenTop = hidden;
  panes.place();
}

const zoom = (by) => panes.zoom(panes.current, by), turn = (degrees) => panes.turn(panes.current, degrees);
addKeys([
  ["1", _("Obverse, reverse, both"), () => setFace("obverse")], ["2", _("Obverse, reverse, both"), () => setFace("reverse")],
  ["3", _("Obverse, reverse, both"), () => setFace("both")],
  ["j", _("Next pair"), () => choose(view.at + 1)], ["k", _("Previous pair"), () => choose(view.at - 1)],
  ["y", _("The same type"), () => answer(view.at, "same-type")], ["n", _("Different types"), () => answer(view.at, "not-same-type")],
  ["d", _("The same die"), () => answer(view.at, "same-die")], ["D", _("Different dies"), () => answer(view.at, "not-same-die")],
  ["v", _("Side by side, or laid over"), () => setMode(view.mode === "over" ? "side" : "over")],
  ["u", _("Move all together, or each by itself"), () => turnOn("linked")], ["m", _("Matched points"), () => turnOn("points")],
  ["e", _("Even light"), () => setKind("even")], ["p", _("As photographed"), () => setKind("whole")],
  ["b", _("Blink: hold to take the upper one away"), () => hideTop(true), () => hideTop(false)],
  ["+", _("Nearer, farther, fit"), () => zoom(1.25)], ["=", null, () => zoom(1.25)], ["-", _("Nearer, farther, fit"), () => zoom(0.8)],
  ["0", _("Nearer, farther, fit"), () => panes.fit()],
  ["[", _("Turn by 1°, with shift by 15°"), () => turn(-1)], ["]", _("Turn by 1°, with shift by 15°"), () => turn(1)],
  ["{", null, () => turn(-15)], ["}", null, () => turn(15)],
]);

if (!first || first.cards?.length < 2) {
  $(".compare").hidden = true;
  $("#nothing").hidden = false;
  $("#nothing").append(emptyBox(_("Nothing to compare yet."), _("Put two to six coins on the tray with x, and compare them with c."), el("a", { class: "btn", href: "/coins" }, _("Go to the coins"))));
} else {
  const at = (asked.get("at") ?? "").split("_").map(Number);
  if (at.length === 4 && at[2] > 0) panes.view = { x: at[0], y: at[1], z: at[2] / 100, turn: at[3] };
  view.at = Number(asked.get("pair")) || 0;
  take(first);
  setBlend(view.blend);
  legends();
}
