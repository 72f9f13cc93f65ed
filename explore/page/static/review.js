// Review: one question after the other by keyboard. The next pictures are decoded before they are asked for.
import { $, $$, _, api, decimal, el, emptyBox, ngettext, number, params, problemBox, setParams, state as first, withCode } from "/static/base.js";
import { chance, factsLine, FACES, initials, pair, probabilityWord, setRuler, typeLines } from "/static/coins-parts.js";
import { decide } from "/static/deciding.js";
import { addKeys } from "/static/keys.js";
import { compareHref } from "/static/tray.js";
import { differing, marked } from "/static/legends.js";
import { address } from "/static/panes.js";

const AHEAD = 5, READY = 3, SHOWN_DONE = 3;
const ANSWERS = {
  "same-type": () => [_("Same type"), _("Different")], "same-die": () => [_("Same die"), _("Different dies")],
  proposal: () => [_("Accept"), _("Reject")], doubtful: () => [_("It stays"), _("It changes")],
};
const SHORT = { "same-type": () => _("Same type?"), "same-die": () => _("Same die?"), proposal: () => _("Its type?"), doubtful: () => _("Type right?") };
const round = { queue: params().get("queue") ?? "all", items: [], done: [], left: null, seen: new Set(), full: false, note: "" };
const decoded = new Map(); // address → an image that is ready to be shown

// ---- the queue ----
/** Takes more questions in when few are left; those of this round are never asked again. */
async function more() {
  if (round.asking || round.full || round.items.length > AHEAD) return;
  round.asking = true;
  try {
    const skip = [...round.seen].slice(-200).join(",");
    take(await api(`/api/review?${new URLSearchParams({ queue: round.queue, limit: 12, skip })}`));
  } catch (problem) {
    if (!round.items.length) fail(problem);
  } finally {
    round.asking = false;
  }
}

function take(answer) {
  const fresh = answer.items.filter((item) => !round.seen.has(item.key));
  fresh.forEach((item) => round.seen.add(item.key));
  round.full = !answer.items.length;
  const idle = !round.items.length;
  round.items.push(...fresh);
  round.left = Math.max(answer.left ?? round.items.length, round.items.length);
  queues(answer.queues ?? []);
  if (idle) show();
  else { count(); list(); ready(); }
}

function queues(names) {
  if (!names.length) return;
  $("#queue").replaceChildren(...names.map((one) => el("option", { value: one.name, selected: one.name === round.queue }, `${one.label} (${number(one.left)})`)));
}

/** Decodes the pictures of the next three questions. */
function ready() {
  const wanted = new Set();
  for (const item of round.items.slice(0, READY + 1)) for (const { pictures } of sidesOf(item)) for (const picture of pictures) {
    if (!picture) continue;
    const source = address(picture, "cut", pixels(item.face ? 1 : 2));
    wanted.add(source);
    if (decoded.has(source)) continue;
    const image = new Image();
    image.src = source;
    image.ready = image.decode().then(() => true, () => false);
    decoded.set(source, image);
  }
  for (const source of decoded.keys()) if (!wanted.has(source) && decoded.size > 40) decoded.delete(source);
}
const cell = (rows) => Math.min($("#quad").clientWidth / 2, $("#quad").clientHeight / rows) || 300;
const pixels = (rows) => cell(rows) * 0.9 * (window.devicePixelRatio || 1);

/** The sides that a question is about, row by row: obverses above, reverses below. */
function sidesOf(item) {
  const coins = [item.coins[0], item.coins[1] ?? null];
  return (item.face ? [item.face] : FACES).map((face) => ({ face, coins, pictures: coins.map((coin) => coin?.pictures[face] ?? null) }));
}

// ---- what is shown ----
function show() {
  const [item] = round.items;
  count();
  if (!item) return round.full || round.left === 0 ? finished() : more();
  $("#nothing").hidden = true;
  $("#review").hidden = false;
  $("#question").textContent = item.question;
  $("#reason").textContent = item.reason;
  $("#reason").hidden = Boolean(item.refused);
  refusal(item);
  const [yes, no] = ANSWERS[item.kind]?.() ?? [_("Yes"), _("No")];
  $("#yes").textContent = yes;
  $("#no").textContent = no;
  for (const button of $$("[data-answer]")) button.disabled = button.dataset.answer !== "skip" && !item[button.dataset.answer];
  const coins = item.coins.filter(Boolean), compare = $("#compare");
  compare.hidden = coins.length < 2;
  compare.href = compareHref(coins.map((coin) => coin.id)) + (item.face ? `&face=${item.face}` : "");
  const die = dieFace(item);
  $("#die").hidden = !die;
  $("#dietext").textContent = die === "reverse" ? _("Same reverse die") : _("Same obverse die");
  quad(item);
  why(item);
  list();
  ready();
  return more();
}

function refusal(item) {
  const box = $("#refused");
  box.hidden = !item.refused;
  if (!item.refused) return;
  box.replaceChildren(item.refused.message, " ", item.insist
    ? el("button", { class: "link", type: "button", onclick: () => { item.refused = null; item.insist(); } }, _("Give mine too")) : "");
}

/** Coins of one question in one scale; their legends with the letters that differ underlined. */
function quad(item) {
  const rows = sidesOf(item), widest = Math.max(0, ...rows.flatMap(({ pictures }) => pictures.map((picture) => picture?.mm ?? 0)));
  const known = rows.every(({ pictures }) => pictures.every((picture) => !picture || picture.mm));
  const scale = known && widest ? (cell(rows.length) * 0.84) / widest : null;
  $("#quad").dataset.key = item.key;
  $("#quad").classList.toggle("single", rows.length === 1);
  $("#quad").replaceChildren(...rows.flatMap(({ face, coins, pictures }, row) => {
    const lines = coins.map((coin) => legend(coin, face)), texts = lines.map(({ text }) => text.toUpperCase());
    const differs = differing(texts);
    return coins.map((coin, at) => figure(coin, face, pictures[at], {
      rows: rows.length, scale, caption: row === 0, ruler: at === 0 && row === rows.length - 1, line: lines[at], differs: lines.every(({ recorded }) => recorded) ? differs[at] : [],
    }));
  }));
}

function figure(coin, face, picture, { rows, scale, caption, ruler, line, differs }) {
  const box = el("figure", {});
  if (!coin) { box.append(el("p", { class: "missing" }, _("no coin of this type is shown"))); return box; }
  if (picture) box.append(image(coin, face, picture, scale, rows));
  else box.append(el("p", { class: "missing" }, face === "obverse" ? _("no obverse") : _("no reverse")));
  if (caption) box.append(el("figcaption", {}, el("a", { href: coin.href }, coin.name), factsLine(coin)));
  if (ruler) {
    const length = el("span", { class: "ruler" });
    if (caption) length.style.top = "58px";
    setRuler(length, scale);
    box.append(length);
  }
  if (line.text) box.append(el("p", { class: `legend inscription ${line.guess ? "guess" : ""}` }, ...marked(line.text.toUpperCase(), differs)));
  return box;
}

function image(coin, face, picture, scale, rows) {
  const source = address(picture, "cut", pixels(rows)), kept = decoded.get(source);
  decoded.delete(source); // the element itself goes into the page, decoded as it is
  const shown = kept ?? new Image();
  if (!kept) shown.src = source;
  const size = `${Math.round(scale ? picture.mm * scale : cell(rows) * 0.84)}px`;
  Object.assign(shown.style, { width: size, height: size });
  shown.alt = face === "obverse" ? _("Obverse of {coin}", { coin: coin.name }) : _("Reverse of {coin}", { coin: coin.name });
  return shown;
}

/** A side's legend by the coin's type; of a coin without one, by the proposed type. A type without legends has its name
 *  there, which no letters are compared with. */
function legend(coin, face) {
  if (!coin) return { text: "" };
  const type = coin.type ?? coin.proposal?.type, recorded = Boolean(type?.[face]);
  return { text: type?.[face] ?? (face === "obverse" ? typeLines(type)[0] ?? "" : ""), guess: !coin.type, recorded };
}

function why(item) {
  const rows = [];
  if (item.probability !== null && item.probability !== undefined) {
    rows.push([{ "same-die": _("Same die"), proposal: _("This type"), doubtful: _("This type") }[item.kind] ?? _("Same type"), [el("b", {}, chance(item.probability)), ` ${item.word ?? probabilityWord(item.probability)}`]]);
  }
  for (const face of FACES) {
    const known = item.faces?.[face], name = face === "obverse" ? _("Obverse") : _("Reverse");
    if (known?.percentile !== null && known?.percentile !== undefined) rows.push([name, [_("closer than {percentile} %", { percentile: decimal(known.percentile, 2) })]]);
    if (known?.points) rows.push([_("Points"), [ngettext("{count} agrees", "{count} agree", known.points), face === "obverse" ? _(", obverse") : _(", reverse")]]);
  }
  const [one, two] = item.coins;
  for (const coin of [one, two].filter(Boolean)) rows.push([coin.name, [coin.type ? coin.source === "person" ? _("type by {who}", { who: initials(coin.by) }) : _("type by the {source}", { source: coin.source }) : _("no type yet")]]);
  $("#whyhead").textContent = item.coins.length > 1 && !["proposal", "doubtful"].includes(item.kind) ? _("Why this pair") : _("Why this coin");
  $("#why").replaceChildren(...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, ...value)]));
}

function list() {
  const row = (item, now) => el("li", { "aria-current": now ? "true" : null }, ...twins(item),
    el("div", {}, SHORT[item.kind]?.() ?? item.question, el("span", { class: "faint" }, item.probability === null || item.probability === undefined ? "" : `${chance(item.probability)} ${item.word ?? probabilityWord(item.probability)}`)));
  $("#next").replaceChildren(...round.items.slice(0, AHEAD).map((item, at) => row(item, at === 0)));
  $("#done").replaceChildren(...round.done.slice(-SHOWN_DONE).reverse().map(({ item, word, look }) => el("li", {}, ...twins(item), el("span", { class: `chip ${look}` }, word))));
}
const twins = (item) => [item.coins[0], item.coins[1]].map((coin) => (coin ? pair(coin, { shape: "s72" }) : el("span", {})));

function count() {
  const { done, left } = round, of = (answer) => done.filter((one) => one.answer === answer).length;
  $("#left").textContent = number(left);
  $("#of").textContent = left === null ? "" : _("left of {all}", { all: number(left + done.length) });
  $("#progress").setAttribute("width", left === null ? 0 : (100 * done.length) / Math.max(1, left + done.length));
  $("#tally").textContent = _("{done} done: {yes} yes, {no} no, {skipped} skipped", { done: done.length, yes: of("yes"), no: of("no"), skipped: of("skip") });
  const last = done.at(-1);
  $("#undo").disabled = !last;
  $("#undotext").textContent = last ? `${last.word}: ${last.names}` : _("Undo");
  $("#undo").setAttribute("aria-label", last ? _("Take back: {word}: {names}", last) : _("Undo"));
}

function finished() {
  $("#review").hidden = true;
  $("#nothing").hidden = false;
  const given = round.done.filter((one) => one.answer !== "skip").length;
  $("#nothing").replaceChildren(emptyBox(_("Nothing left to review."),
    given ? ngettext("{count} verdict was given in this round.", "{count} verdicts were given in this round.", given) : withCode(_("No pair and no type waits for a verdict here. After `coingraph calibrate`, `coingraph propose` and `coingraph dies` there may be more. Relatives on the page of a coin can be decided on at any time.")),
    el("a", { class: "btn", href: "/coins" }, _("Look at the coins")), el("a", { class: "btn", href: "/verdicts" }, _("Show what was decided")), round.done.length ? el("button", { class: "btn", type: "button", onclick: undo }, _("Take the last one back")) : ""));
}

function fail(problem) {
  $("#review").hidden = true;
  $("#nothing").hidden = false;
  $("#nothing").replaceChildren(problemBox(problem, () => location.reload()));
}

// ---- answers ----
function dieFace(item) {
  if (item.kind !== "same-type") return null;
  return FACES.filter((face) => item.faces?.[face]?.points).sort((a, b) => item.faces[b].points - item.faces[a].points)[0] ?? null;
}

/** Gives an answer and goes on at once; a refusal brings the question back with its reason. */
function answer(choice, body = null) {
  const [item] = round.items;
  if (!item || (choice !== "skip" && !(body ?? item[choice]))) return;
  const [yes, no] = ANSWERS[item.kind]?.() ?? [_("Yes"), _("No")];
  const word = body ? _("Same die") : choice === "skip" ? _("Skipped") : choice === "yes" ? yes : no;
  const names = item.coins.filter(Boolean).slice(0, ["proposal", "doubtful"].includes(item.kind) ? 1 : 2).map((coin) => coin.name).join(", ");
  const entry = { item, answer: choice, word, names, look: { yes: "yes", no: "no", skip: "" }[choice], going: null };
  item.refused = null;
  round.items.shift();
  round.done.push(entry);
  round.left = Math.max(0, round.left - 1);
  if (choice !== "skip") {
    const sent = { ...(body ?? item[choice]), ...(round.note ? { note: round.note } : {}) };
    entry.going = decide(sent, { refused: (problem, insist) => { if (back(entry)) { Object.assign(item, { refused: problem, insist: insist && (() => insisted(item, choice, insist)) }); show(); } } });
  }
  note("");
  show();
}

/** The other's verdict is known; mine is given too. */
function insisted(item, choice, insist) {
  if (round.items[0] !== item) return;
  const [yes, no] = ANSWERS[item.kind]?.() ?? [_("Yes"), _("No")];
  round.items.shift();
  round.left = Math.max(0, round.left - 1);
  round.done.push({ item, answer: choice, word: choice === "yes" ? yes : no, names: item.coins.filter(Boolean).map((coin) => coin.name).join(", "), look: choice, going: insist() });
  show();
}

/** Puts a question back in front; false where it was taken back already. */
function back(entry) {
  const at = round.done.indexOf(entry);
  if (at < 0) return false;
  round.done.splice(at, 1);
  round.items.unshift(entry.item);
  round.left += 1;
  return true;
}

async function undo() {
  const entry = round.done.at(-1);
  if (!entry) return;
  back(entry);
  show();
  const given = await entry.going;
  await given?.undo();
}

function note(text) {
  round.note = text;
  $("#notebutton").setAttribute("aria-pressed", String(Boolean(text)));
}
function writeNote(open) {
  for (const part of [$("#compare"), $("#notebutton")]) part.hidden = open || (part.id === "compare" && (round.items[0]?.coins.filter(Boolean).length ?? 0) < 2);
  $("#die").hidden = open || !round.items[0] || !dieFace(round.items[0]);
  $("#note").hidden = !open;
  if (open) { $("#note").value = round.note; $("#note").focus(); }
}
$("#note").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" && event.key !== "Escape") return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key === "Enter") note($("#note").value.trim());
  writeNote(false);
  $("#notebutton").focus();
});
$("#note").addEventListener("blur", () => { if (!$("#note").hidden) { note($("#note").value.trim()); writeNote(false); } });
$("#notebutton").addEventListener("click", () => writeNote(true));

function sameDie() {
  const [item] = round.items, face = item && dieFace(item);
  if (face) answer("yes", { kind: "same-die", coins: item.coins.map((coin) => coin.id), face, version: item.yes?.version });
}

for (const button of $$("[data-answer]")) button.addEventListener("click", () => answer(button.dataset.answer));
$("#undo").addEventListener("click", undo);
$("#die").addEventListener("click", sameDie);
$("#queue").addEventListener("change", (event) => {
  Object.assign(round, { queue: event.target.value, items: [], done: [], left: null, seen: new Set(), full: false });
  const wanted = params();
  wanted.set("queue", round.queue);
  setParams(wanted);
  more();
});
addEventListener("resize", () => { if (round.items.length) quad(round.items[0]); });

addKeys([
  ["y", _("Yes: same, accept, it stays"), () => answer("yes")], ["n", _("No: different, reject, it changes"), () => answer("no")],
  ["s", _("Skip"), () => answer("skip")], ["z", _("Take the last answer back"), undo], ["d", _("The same die"), sameDie],
  ["c", _("Compare the two"), () => { if (!$("#compare").hidden) location.href = $("#compare").href; }], ["i", _("Note to the next verdict"), () => writeNote(true)],
]);

if (first?.items) take(first);
else more();
