// Verdicts: what was decided, by whom, and can it be taken back?
import {
  $, $$, _, addKeys, api, chance, decide, disc, el, emptyBox, icon, latest, moment, ngettext, number, params, problemBox,
  setParams, state, takeBack, waiting,
} from "/static/explore.js";

const STEP = 100;
const SIGNS = { "swap-sides": ["", "swap"], exclude: ["doubt", "leave"], reject: ["no", "cross"], merge: ["yes", "coins"] };
let verdicts = [], total = 0;

const which = () => (params().get("differ") ? "differ" : params().get("mine") ? "mine" : "all");
const asked = latest((offset, signal) => {
  const query = new URLSearchParams(params());
  query.set("offset", offset);
  query.set("limit", STEP);
  return api(`/api/verdicts?${query}`, { signal });
});

async function read(offset = 0) {
  const end = waiting($("#wait"), _("Reading the verdicts."));
  try {
    const answer = await asked(offset);
    end();
    if (answer) take(answer, offset);
  } catch (problem) {
    end();
    $("#verdictlist").replaceChildren(el("li", {}, problemBox(problem, () => read(offset))));
  }
}

function take(answer, offset = 0) {
  total = answer.total;
  verdicts = offset ? [...verdicts, ...answer.verdicts] : answer.verdicts;
  $("#total").textContent = ngettext("{count} verdict", "{count} verdicts", total);
  $("#told").textContent = which() !== "all" || !total ? "" : [answer.undone ? _("{count} undone", { count: number(answer.undone) }) : null,
    answer.differ ? ngettext("people differ on {count}", "people differ on {count}", answer.differ) : null].filter(Boolean).join(", ");
  const shown = which();
  $$("#which button").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.which === shown)));
  $("#verdictlist").replaceChildren(...(verdicts.length ? verdicts.map(line) : [el("li", {}, nothing())]));
  $("#rest").hidden = verdicts.length >= total;
  $("#csv").href = `/api/verdicts.csv${location.search}`;
}
const nothing = () => ({
  all: emptyBox(_("No verdicts yet"), _("Review asks about the coins whose verdict teaches most."), el("a", { class: "btn primary", href: "/review" }, _("Review"))),
  mine: emptyBox(_("No verdicts of yours yet"), _("Review asks about the coins whose verdict teaches most."), el("a", { class: "btn primary", href: "/review" }, _("Review"))),
  differ: emptyBox(_("Nobody differs"), _("Where two people say different things about a coin or a pair, both stand here.")),
})[which()];

/** What was shown to the person who decided. */
const shownThen = (one) => (one.probability !== null && one.probability !== undefined ? _("shown: probability {probability}", { probability: chance(one.probability) }) + (one.space ? `, ${one.space}` : "") : one.space ? _("shown: {space}", { space: one.space }) : null);

function line(one, place) {
  const [kind, sign] = SIGNS[one.kind] ?? (one.kind.startsWith("not-") ? ["no", "cross"] : ["yes", "check"]);
  const pictures = (one.pictures ?? []).map((stems, i) => {
    const side = (stem) => (stem ? { stem } : null);
    const inside = [disc(side(stems?.[0]), "obverse", one.names[i], { size: 96 }), disc(side(stems?.[1]), "reverse", one.names[i], { size: 96 })];
    return one.hrefs?.[i] ? el("a", { class: "tray pair s96", href: one.hrefs[i], "aria-label": _("Open {coin}", { coin: one.names[i] }), tabindex: -1 }, ...inside) : el("span", { class: "tray pair s96" }, ...inside);
  });
  const facts = [one.author, moment(one.at), one.note ? `“${one.note}”` : null, shownThen(one),
    one.undone ? _("taken back by {person}, {time}", { person: one.undone_by ?? "–", time: moment(one.undone_at) }) : one.counts === false ? _("does not count: a later verdict stands") : null,
    one.here === false ? _("its coins are not in this graph now") : null].filter(Boolean);
  const act = one.undone ? ["redo", _("Redo")] : ["undo", _("Undo")];
  return el("li", { class: `verdictline ${one.undone ? "undone" : ""}`, data: { place }, tabindex: place === 0 ? 0 : -1 },
    el("span", { class: `sign ${kind}` }, icon(sign)), el("span", { class: "pictures" }, ...pictures),
    el("div", { class: "words" }, el("p", { class: "strong" }, one.sentence), el("p", { class: "small quiet" }, facts.join(" · "))),
    one.differs ? el("span", { class: "chip doubt" }, icon("differ"), _("people differ")) : null,
    el("button", { class: "btn plain", type: "button", "aria-label": `${act[1]}: ${one.sentence}`, onclick: () => flip(one) }, icon(act[0]), act[1]));
}

/** Takes a verdict back, or gives it anew where it was taken back. */
function flip(one) {
  if (!one.undone) {
    mark(one, { undone: true, undone_at: new Date().toISOString(), undone_by: $(".initials").textContent });
    return takeBack(one).then((answer) => (answer ? read() : mark(one, one)));
  }
  const { kind, coins, face, note } = one;
  return decide({ kind, coins, ...(face ? { face } : {}), ...(one.type ? { type: one.type.name } : {}), ...(note ? { note } : {}) }, { say: one.sentence }).then(() => read());
}
function mark(one, changed) {
  const place = verdicts.findIndex((each) => each.number === one.number);
  if (place < 0) return;
  verdicts[place] = { ...verdicts[place], ...changed };
  const old = $(`[data-place="${place}"]`), focused = old.contains(document.activeElement);
  const fresh = line(verdicts[place], place);
  old.replaceWith(fresh);
  if (focused) $("button", fresh).focus();
}

$("#which").addEventListener("click", (event) => {
  const chosen = event.target.dataset.which;
  if (!chosen) return;
  const query = params();
  for (const name of ["differ", "mine"]) query.delete(name);
  if (chosen !== "all") query.set(chosen, "1");
  setParams(query);
  read();
});
$("#rest").addEventListener("click", () => read(verdicts.length));
const walk = (by) => () => {
  const lines = $$(".verdictline"), now = lines.indexOf(document.activeElement?.closest?.(".verdictline"));
  const next = lines[now < 0 ? 0 : Math.max(0, Math.min(lines.length - 1, now + by))];
  if (!next) return false;
  lines.forEach((one) => { one.tabIndex = one === next ? 0 : -1; });
  next.focus();
  return true;
};
const here = () => document.activeElement?.closest?.(".verdictline")?.dataset.place;
addKeys([
  ["j", _("Next verdict"), walk(1)], ["k", _("Previous verdict"), walk(-1)],
  ["ArrowDown", _("Next verdict"), walk(1)], ["ArrowUp", _("Previous verdict"), walk(-1)],
  ["Enter", _("Open its first coin"), () => { const one = verdicts[here()]; if (!one?.hrefs?.[0]) return false; location.href = one.hrefs[0]; return true; }],
  ["u", _("Undo, or redo, the verdict chosen"), () => { const one = verdicts[here()]; return one ? void flip(one) : false; }],
]);
if (state?.verdicts) take(state); else read();
