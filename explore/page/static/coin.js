// Coin: what is this, who says so, what is it like? j and k walk the list that the address names.
import {
  $, $$, FACES, _, addKeys, api, chance, chip, coinApi, decide, decimal, disc, el, emptyBox, faceName, factsLine, icon, latest,
  moment, ngettext, number, onTray, outlineOf, params, problemBox, rested, sentence, setParams, setRuler, state, takeBack, toast,
  toggleTray, typeLines, typeText, waiting, withCode,
} from "/static/explore.js";
import { chosen, filterLabel } from "/static/facets.js";
import { relativeRow } from "/static/relatives.js";
import { pickType } from "/static/typepicker.js";

const OWN = ["space", "face", "score"]; // what belongs to this view; the rest of the query is the list the coin stands in
const FEW = 6; // what a table says is folded where it is more, so that relatives follow the photographs
let record = null, note = "", noting = false, open = false;
const looks = { outline: false, legend: true, even: false, whole: false };

// ---- the list around the coin ----
const listQuery = () => {
  const query = params();
  for (const name of [...OWN, "faces", "theme"]) query.delete(name);
  return query;
};
let listed = [];
const hrefOf = (id) => `/coins/${encodeURIComponent(id).replaceAll("%2F", "/")}`;
async function readList() {
  const query = listQuery();
  if (query.get("q") && !query.get("sort")) query.set("sort", "relevance");
  $("#back").href = query.size ? `/coins?${listQuery()}` : "/coins";
  listed = (await api(`/api/coins?${query}&only=ids`)).ids;
  showPlace();
}
function showPlace() {
  const place = record ? listed.indexOf(record.card.id) : -1;
  const some = chosen(listQuery());
  $("#back").textContent = some.length ? ngettext("{count} coin", "{count} coins", listed.length) : _("All coins");
  $("#listed").textContent = some.map(([name, value]) => filterLabel(name, value)).join(", ");
  $("#place").textContent = place < 0 ? "" : _("{place} of {all}", { place: number(place + 1), all: number(listed.length) });
  const point = (link, id) => {
    if (id === undefined) { link.removeAttribute("href"); link.setAttribute("aria-disabled", "true"); return; }
    link.href = hrefOf(id) + location.search;
    link.removeAttribute("aria-disabled");
    link.dataset.id = id;
    if (!ready.has(id)) ready.set(id, api(coinApi(id)).catch(() => { ready.delete(id); return null; })); // held ready for the key
  };
  point($("#previous"), place > 0 ? listed[place - 1] : undefined);
  point($("#next"), place >= 0 ? listed[place + 1] : undefined);
}
const ready = new Map(); // id → its record, under way
async function go(id, push = true) {
  const next = (await ready.get(id)) ?? (await api(coinApi(id)));
  ready.clear();
  if (push) history.pushState(null, "", hrefOf(id) + location.search);
  show(next);
}
for (const link of [$("#previous"), $("#next")]) link.addEventListener("click", (event) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey || !link.hasAttribute("href")) return;
  event.preventDefault();
  go(link.dataset.id);
});
addEventListener("popstate", () => go(decodeURIComponent(location.pathname.slice("/coins/".length)), false));

// ---- photographs ----
function showSides() {
  const { card, legends, dies } = record;
  const kind = looks.whole ? "whole" : looks.even ? "even" : "cut";
  const widths = FACES.map((face) => card.pictures[face]?.[looks.whole ? "mm_whole" : "mm"]).filter(Boolean);
  const full = widths.length ? Math.max(...widths) : null;
  $("#sides").classList.toggle("whole", looks.whole);
  $("#sides").replaceChildren(...FACES.map((face) => {
    const picture = card.pictures[face], own = dies.find((one) => one.face === face);
    const scaled = picture && looks.whole ? { ...picture, mm: picture.mm_whole } : picture;
    const shot = disc(scaled, face, card.name, { size: 768, full, kind });
    if (picture?.cut && looks.outline) {
      (looks.whole ? wholeOutline(picture) : outlineOf(picture)).then((rim) => {
        const image = $("img", shot);
        if (image?.style.width) Object.assign(rim.style, { width: image.style.width, height: image.style.height });
        shot.append(rim);
      }).catch((problem) => toast(problem.message, { bad: true }));
    }
    return el("figure", {}, el("div", { class: "shot" }, shot),
      el("figcaption", {}, el("span", {}, faceName(face)), own ? el("a", { class: "link", href: own.href }, ngettext("die {die}, {count} coin", "die {die}, {count} coins", own.others.length + 1, { die: own.die })) : null),
      looks.legend ? legendRow(picture, face, legends?.[face]) : null);
  }));
  $$("[data-look]").forEach((button) => button.setAttribute("aria-pressed", String(looks[button.dataset.look])));
  showScale(full);
}
async function wholeOutline(picture) {
  const { points } = await api(`${picture.stem}/outline.json`);
  const { width, height } = picture;
  return el("svg", { class: "rimbox", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    el("polygon", { class: "rim", points: points.map(([x, y]) => `${(x * width).toFixed(1)},${(y * height).toFixed(1)}`).join(" ") }));
}
function showScale(full) {
  const shot = $(".shot", $("#sides"));
  setRuler($("#scale"), full && shot ? shot.clientWidth / full : null);
}
addEventListener("resize", rested(() => record && showScale(Math.max(0, ...FACES.map((face) => record.card.pictures[face]?.mm ?? 0)) || null)));

/** The rim unwrapped, with what is read of it and what the table says. */
function legendRow(picture, face, legend) {
  const row = el("div", { class: "legendrow" });
  if (picture?.cut) {
    const image = el("img", { class: "strip", decoding: "async", src: `${picture.stem}/strip/128.webp`, alt: _("{side} legend, unwrapped clockwise from 6 o'clock", { side: faceName(face) }) });
    image.addEventListener("error", () => image.remove());
    row.append(image);
  }
  if (legend?.letters?.length && picture?.cut) row.append(lettersUnder(legend));
  else if (legend?.read) row.append(el("p", { class: "reading" }, el("span", { class: "legend" }, legend.read), el("span", { class: "small" }, _("read"))));
  else if (legend?.recorded) row.append(el("p", { class: "reading" }, el("span", { class: "legend" }, legend.recorded), el("span", { class: "small" }, _("recorded"))));
  return row;
}
/** Each letter under the place where it was read. */
function lettersUnder({ read, letters }) {
  const shown = letters.map(([letter, place, sure]) => {
    const one = el("span", { class: sure < 0.8 ? "uncertain" : null, title: _("read {letter}, {probability}", { letter, probability: decimal(sure, 2) }) }, letter);
    one.style.left = `${100 * place}%`;
    return one;
  });
  return el("div", { class: "letters", role: "img", "aria-label": _("read: {legend}", { legend: read }) }, ...shown);
}
function look(name) {
  looks[name] = !looks[name];
  if (name === "outline" && looks.outline && !FACES.some((face) => record.card.pictures[face]?.cut)) toast(_("This coin is not cut out: no outline is sure enough."));
  if (name === "whole" && looks.whole) looks.even = false;
  if (name === "even" && looks.even) looks.whole = false;
  showSides();
}
$$("[data-look]").forEach((button) => button.addEventListener("click", () => look(button.dataset.look)));

// ---- the record ----
const SOURCES = () => ({ table: _("the table"), folder: _("the folder") });
const SIGNS = { person: "check", table: "table", folder: "folder", proposed: "proposed" };

function voice(one) {
  const proposed = one.source === "proposed", mine = one.source === "person";
  const who = mine ? one.by : proposed ? _("proposed {probability}", { probability: chance(one.probability) }) : SOURCES()[one.source] ?? one.source;
  const verdict = one.verdict && record.verdicts.find((each) => each.number === one.verdict);
  const note = one.note ?? verdict?.note;
  const more = [one.at && mine ? moment(one.at) : null, proposed && one.spaces?.length ? one.spaces.join(", ") : null, note ? `“${note}”` : null].filter(Boolean);
  return el("li", { class: `voice ${one.counts ? "counts" : ""}` }, icon(one.counts ? "check" : SIGNS[one.source] ?? "person"),
    one.agrees ? el(one.counts ? "b" : "span", {}, _("This type")) : el("span", { class: `legend ${proposed ? "quiet" : ""}` }, ...typeLines(one.type).map((line) => el("div", {}, line))),
    el("span", { class: "who-says" }, [who, ...more].join(", "), one.counts ? [". ", _("Counts.")] : ""),
    verdict ? el("button", { class: "btn plain", type: "button", onclick: () => takeBack(verdict) }, _("Undo"))
      : proposed && !one.agrees ? el("button", { class: "btn plain", type: "button", onclick: () => answer("reject", one.type) }, _("Reject")) : null);
}

function place() {
  const { card, dies, community, centralities } = record;
  const rows = [];
  if (dies.length) rows.push([_("Dies"), dies.flatMap((die, i) => [i ? " · " : "", el("a", { class: "link", href: die.href }, die.die),
    die.others.length ? [", ", ...sentence(ngettext("shared with {coins}", "shared with {coins}", die.others.length), { coins: el("span", {}, die.others.slice(0, 4).map((id) => id.split("/").pop()).join(", ") + (die.others.length > 4 ? " …" : "")) })] : [", ", _("only here")]]).flat()]);
  if (community) rows.push([_("Community"), [`${community.sentence} `, el("a", { class: "link", href: community.href }, _("See it"))]]);
  if (centralities.length) rows.push([_("Links"), [centralities.map((one) => one.sentence).join(" ")]]);
  rows.push([_("Photographs"), photographs(FACES.filter((face) => card.pictures[face]))]);
  return el("dl", { class: "facts-list" }, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, ...value)]));
}

/** How large the photographs are, and what can be said against them. */
function photographs(faces) {
  if (!faces.length) return [_("none")];
  const sizes = [...new Set(faces.map((face) => `${record.card.pictures[face].width} × ${record.card.pictures[face].height} px`))].join(", ");
  const cut = faces.filter((face) => record.card.pictures[face].cut).length;
  const by = [...new Set(faces.map((face) => record.card.pictures[face].drawn_by).filter(Boolean))].flatMap((person) => [", ", _("outline drawn by {person}", { person })]);
  const act = (text, does) => el("button", { class: "link", type: "button", onclick: does }, text);
  return [sizes, ", ", cut === faces.length ? _("cut out") : cut ? _("one not cut out") : _("not cut out"), ...by, el("br"),
    act(_("sides swapped?"), swap), ...faces.flatMap((face) => [" · ", act(face === "obverse" ? _("leave the obverse out") : _("leave the reverse out"), () => leaveOut(face))])];
}

function showRecord() {
  const { card, voices, facts, verdicts } = record;
  const guess = !card.type && card.proposal, type = guess ? card.proposal.type : card.type;
  const own = verdicts.filter((one) => !one.undone && !["type", "accept", "reject"].includes(one.kind));
  const given = verdicts.find((one) => !one.undone && one.counts && ["type", "accept"].includes(one.kind));
  const tray = el("button", { class: "btn", type: "button", "aria-pressed": String(onTray(card.id)), onclick: () => toggleTray(card) }, icon(onTray(card.id) ? "check" : "plus"), _("Tray"), " ", el("kbd", {}, "x"));
  $("#record").replaceChildren(
    el("div", { class: "idline" }, el("h1", {}, card.name), el("span", { class: "faint" }, card.collection), chip(card), el("span", { class: "grow" }), tray),
    ...(type ? typeLines(type) : ["–"]).map((line) => el("p", { class: `legend typeline ${guess ? "guess" : ""}` }, line)),
    el("p", { class: "factsline" }, factsLine(card)),
    el("p", { class: "quiet" }, [type && typeText(type) !== type.name ? type.name : null, card.material, card.mint, card.date].filter(Boolean).join(" · ") || "–"),
    el("div", { class: "answerbar", role: "group", "aria-label": _("Verdict on the type") },
      el("button", { class: "btn yes", type: "button", id: "yes", disabled: !type, "aria-pressed": String(Boolean(given)), onclick: () => answer("yes") }, icon("check"), guess ? _("Accept") : _("Right"), " ", el("kbd", {}, "y")),
      guess || record.voices.some((one) => one.source === "proposed" && !one.agrees) ? el("button", { class: "btn no", type: "button", id: "no", "aria-pressed": "false", onclick: () => answer("reject") }, icon("cross"), guess ? _("Reject") : _("Reject the proposed one"), " ", el("kbd", {}, "n")) : null,
      el("button", { class: "btn", type: "button", id: "correct", onclick: correct }, _("Correct"), " ", el("kbd", {}, "t")),
      el("button", { class: "btn plain", type: "button", "aria-pressed": String(noting), onclick: openNote }, icon("note"), _("Note"), " ", el("kbd", {}, "i")),
      noting ? noteField() : null, el("div", { id: "refused" })),
    el("h2", {}, _("Type, and who says so")),
    voices.length ? el("ul", {}, ...voices.map(voice)) : el("p", { class: "quiet" }, _("Nobody says a type yet. Correct gives it one.")),
    el("h2", {}, _("Place in the collection")), place(),
    ...(own.length ? [el("h2", {}, _("Other verdicts")), el("ul", {}, ...own.map((one) => el("li", { class: "voice" }, icon(one.kind.startsWith("not") ? "cross" : one.kind === "swap-sides" ? "swap" : one.kind === "exclude" ? "leave" : "check"),
      el("span", {}, one.sentence), el("span", { class: "who-says" }, [one.author, moment(one.at), one.note ? `“${one.note}”` : null].filter(Boolean).join(", ")),
      el("button", { class: "btn plain", type: "button", onclick: () => takeBack(one) }, _("Undo")))))] : []),
    ...(facts.length ? [el("details", { open: open || facts.length <= FEW, ontoggle: (event) => { ({ open } = event.target); } }, el("summary", {}, el("h2", {}, _("From the table")), el("span", { class: "small quiet" }, String(facts.length))), el("dl", { class: "facts-list" }, ...facts.flatMap((one) => [el("dt", {}, one.name.replaceAll("_", " ")), el("dd", {}, String(one.value ?? "–"))])))] : []));
}
function noteField() {
  const field = el("input", { class: "field", id: "note", value: note || null, placeholder: _("Goes with the next verdict"), "aria-label": _("Note for the next verdict") });
  field.addEventListener("input", () => { note = field.value; });
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") field.blur(); });
  return field;
}
function openNote() {
  noting = !noting || Boolean(note);
  showRecord();
  $("#note")?.focus();
}

// ---- verdicts on this coin ----
function give(body, say, after) {
  const before = record, mine = record.card.id;
  const put = (next) => { if (record.card.id === mine) { record = next; showRecord(); } };
  const text = note;
  note = ""; noting = false;
  return decide({ ...body, coins: [mine], version: record.card.version, ...(text ? { note: text } : {}) }, {
    say, apply: () => put({ ...record, card: { ...record.card, ...after } }), revert: () => put(before),
    refused: (problem, insist) => {
      if (problem.code === "unknown-type" && body.kind === "type") return give({ ...body, new_type: true }, say, after);
      return $("#refused")?.replaceChildren(problemBox(problem), ...(insist ? [el("button", { class: "btn", type: "button", onclick: insist }, _("Give mine too"))] : []));
    },
  });
}
const me = () => $(".initials")?.textContent ?? "";
function answer(kind, type) {
  const { card } = record, proposed = type ?? card.proposal?.type ?? record.voices.find((one) => one.source === "proposed" && !one.agrees)?.type;
  if (kind === "yes" && card.type) return give({ kind: "type", type: card.type.name }, _("{coin}: the type is right", { coin: card.name }), { source: "person", by: me(), doubtful: false });
  if (!proposed) return toast(_("No type is proposed for this coin."));
  if (kind === "yes") return give({ kind: "accept", type: proposed.name }, _("{coin} accepted: {type}", { coin: card.name, type: typeText(proposed) }), { type: proposed, proposal: null, source: "person", by: me() });
  return give({ kind: "reject", type: proposed.name }, _("{coin} rejected: {type}", { coin: card.name, type: typeText(proposed) }), { proposal: null });
}
async function correct() {
  const picked = await pickType(record.card);
  if (!picked) return;
  const type = { name: picked.type, obverse: null, reverse: null };
  give({ kind: "type", type: picked.type, ...(picked.isNew ? { new_type: true } : {}) }, _("{coin} is now of the type {type}", { coin: record.card.name, type: picked.type }), { type, proposal: null, source: "person", by: me() });
}
function swap() {
  const { obverse, reverse } = record.card.pictures;
  give({ kind: "swap-sides" }, _("{coin}: sides swapped", { coin: record.card.name }), { pictures: { obverse: reverse, reverse: obverse } })?.then(showSides);
  showSides();
}
function leaveOut(face) {
  give({ kind: "exclude", face }, face === "obverse" ? _("{coin}: the obverse is left out", { coin: record.card.name }) : _("{coin}: the reverse is left out", { coin: record.card.name }), { pictures: { ...record.card.pictures, [face]: null } });
  showSides();
}
const reread = rested(async () => {
  const mine = record.card.id, next = await api(coinApi(mine)).catch(() => null);
  if (!next || record.card.id !== mine) return;
  const pictures = JSON.stringify(record.card.pictures) !== JSON.stringify(next.card.pictures);
  record = next;
  showRecord();
  if (pictures || $(".shot img") === null) showSides();
}, 60);
document.addEventListener("verdict", ({ detail }) => {
  if (!record || !(detail.cards ?? []).some((card) => card.id === record.card.id) && !(detail.verdict?.coins ?? []).includes(record.card.id)) return;
  ready.clear();
  reread();
});
document.addEventListener("tray", () => record && showRecord());

// ---- relatives ----
const relatives = latest((id, query, signal) => api(`${coinApi(id)}/relatives?${query}`, { signal }));
const chosenView = () => ({ face: params().get("face") ?? "both", score: params().get("score") ?? "edge", space: params().get("space") });
async function showRelatives() {
  const mine = record, { face, score, space } = chosenView();
  const query = new URLSearchParams({ face, score, top: "12" });
  if (space) query.set("space", space);
  $$("[data-face]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.face === face)));
  $("#score").value = score;
  const end = waiting($("#wait"), _("Comparing."));
  const list = $("#relatives"), held = rowHere()?.dataset.place;
  list.inert = list.dataset.coin !== mine.card.id; // rows of the coin before must not take a verdict
  try {
    const answer = await relatives(mine.card.id, query);
    end();
    if (!answer || record.card.id !== mine.card.id) return;
    $("#relativeshead").textContent = answer.rows.length ? [ngettext("{count} nearest", "{count} nearest", answer.rows.length), answer.head].filter(Boolean).join(" · ") : "";
    list.inert = false;
    list.dataset.coin = mine.card.id;
    list.replaceChildren(...(answer.rows.length ? answer.rows.map((row, i) => relativeRow(mine.card, row, i, face)) : [el("li", {}, nothing(answer.missing))]));
    if (held !== undefined) $(`[data-place="${held}"]`, list)?.focus();
  } catch (problem) {
    end();
    list.inert = false;
    list.replaceChildren(el("li", {}, problemBox(problem, showRelatives)));
  }
}
const nothing = (missing) => (missing
  ? emptyBox(_("No relatives yet"), withCode(_("Run `{command}` in a terminal.", { command: missing.command ?? missing })))
  : emptyBox(_("No relatives"), _("Nothing in this space is near enough. Another space or side may know some.")));
function showSpaces() {
  const spaces = record.spaces.filter((one) => one.linked), now = chosenView().space;
  $("#space").replaceChildren(...spaces.map((one) => el("option", { value: one.name, selected: now ? one.name === now : one.default }, one.name)));
  $("#space").closest("label").hidden = spaces.length < 2;
}
function choose(name, value, usual) {
  const query = params();
  if (value === usual) query.delete(name); else query.set(name, value);
  setParams(query);
  showRelatives();
  showPlace();
}
$("#space").addEventListener("change", (event) => choose("space", event.target.value, record.spaces.find((one) => one.default)?.name));
$("#score").addEventListener("change", (event) => choose("score", event.target.value, "edge"));
$("#face").addEventListener("click", (event) => { const face = event.target.dataset.face; if (face) choose("face", face, "both"); });

// ---- keys ----
const rowHere = () => document.activeElement?.closest?.("#relatives .why");
const walk = (by) => () => {
  const rows = $$("#relatives .why"), now = rows.indexOf(rowHere());
  const next = rows[now < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, now + by))];
  if (!next) return false;
  rows.forEach((row) => { row.tabIndex = row === next ? 0 : -1; });
  next.focus();
  return true;
};
const onRow = (key, otherwise) => () => { const row = rowHere(); if (row) row.give(key); else otherwise(); };
const rowFirst = () => toast(_("Choose a relative first, by ↓."));
addKeys([
  ["j", _("Next coin of the list"), () => $("#next").click()], ["k", _("Previous coin of the list"), () => $("#previous").click()],
  ["ArrowDown", _("Next, previous relative"), walk(1)], ["ArrowUp", _("Next, previous relative"), walk(-1)],
  ["Enter", _("Open the relative"), () => { const row = rowHere(); if (!row) return false; location.href = $("a.opens", row).href; return true; }],
  ["Escape", _("Back to the list"), () => { if (rowHere()) document.activeElement.blur(); else if (!$("dialog[open]")) location.href = $("#back").href; return false; }],
  ["y", _("The type is right; same type as the relative"), onRow("y", () => answer("yes"))],
  ["n", _("Reject the proposed type; another type than the relative"), onRow("n", () => answer("reject"))],
  ["d", _("Same die as the relative"), onRow("d", rowFirst)], ["D", _("Different dies"), onRow("D", rowFirst)],
  ["t", _("Correct the type"), correct], ["i", _("Note for the next verdict"), openNote],
  ["x", _("To the tray, or from it"), () => toggleTray(record.card)],
  ["1", _("Relatives by obverse, reverse, both"), () => choose("face", "obverse", "both")], ["2", _("Relatives by obverse, reverse, both"), () => choose("face", "reverse", "both")],
  ["3", _("Relatives by obverse, reverse, both"), () => choose("face", "both", "both")],
  ["o", _("Outline"), () => look("outline")], ["l", _("Legend, unwrapped"), () => look("legend")], ["e", _("Even light"), () => look("even")], ["p", _("As photographed"), () => look("whole")],
]);

function show(next) {
  record = next;
  note = ""; noting = false;
  document.title = `${record.card.name} · coingraph`;
  showSides();
  showRecord();
  showSpaces();
  $(".relatives").classList.remove("pending");
  showRelatives();
  if (listed.length) showPlace();
}
if (state?.card) {
  show(state);
  readList().catch((problem) => toast(problem.message, { bad: true }));
} else {
  api(coinApi(decodeURIComponent(location.pathname.slice("/coins/".length)))).then((next) => { show(next); readList(); })
    .catch((problem) => $(".coinpage").replaceChildren(problemBox(problem)));
}
