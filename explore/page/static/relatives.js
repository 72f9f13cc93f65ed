// Why-rows: one relative a row, with the reason first, the figures in the same places, and the verdicts.
import { _, decimal, el, icon, number, problemBox } from "/static/base.js";
import { FACES, chance, chip, initials, legendLines, pair, probabilityWord, track, typeLines, typeText } from "/static/coins-parts.js";
import { decide, takeBack } from "/static/deciding.js";
import { differing, marked } from "/static/legends.js";
import { compareHref } from "/static/tray.js";

const short = (face) => (face === "obverse" ? _("Obv.") : _("Rev."));

function figures(faces) {
  return el("div", { class: "faces" }, ...FACES.filter((face) => face in faces).flatMap((face) => {
    const one = faces[face];
    if (!one) return [el("span", { class: "faint" }, short(face)), el("span", { class: "unseen" }, _("not compared"))];
    const ranks = one.rank ? `${number(one.rank)} / ${one.back_rank ? number(one.back_rank) : "–"}` : "–";
    return [el("span", { class: "faint" }, short(face)), one.percentile === null ? el("span") : track(one.percentile),
      el("span", { title: one.percentile === null ? null : _("closer than {percentile} % of all pairs", { percentile: decimal(one.percentile, 2) }) }, decimal(one.percentile, 2)),
      el("span", {}, decimal(one.cosine, 3)),
      el("span", { title: _("Rank from here, and back") }, ranks, one.mutual ? el("span", { class: "mutual" }, " ", _("mutual")) : null)];
  }));
}

const counting = (row, kinds, face) => row.verdicts.find((one) => kinds.includes(one.kind) && !one.undone && one.counts !== false && (!face || one.face === face));

/** A row; `given(body, say)` sends a verdict on this pair, `back(verdict)` takes one back. */
export function relativeRow(card, row, place, shownFace) {
  const line = el("li", { class: "why", tabindex: place === 0 ? 0 : -1, data: { place }, "aria-label": _("{rank}: {coin}", { rank: place + 1, coin: row.card.name }) });
  const error = el("div");
  const draw = () => {
    const other = row.card, type = counting(row, ["same-type", "not-same-type"]);
    const points = FACES.map((face) => row.faces[face]?.points).filter((n) => n !== null && n !== undefined);
    const give = (kind, face = null) => {
      const before = row.verdicts;
      const body = { kind, coins: [card.id, other.id], version: row.version, ...(face ? { face } : {}) };
      error.replaceChildren();
      const mine = { kind, face, undone: false, counts: true, author: "", pending: true };
      return decide(body, {
        say: said(kind, face, card, other),
        apply: () => { row.verdicts = [mine, ...before.filter((one) => !opposes(one, kind, face))]; draw(); },
        revert: () => { row.verdicts = before; draw(); },
        refused: (problem, insist) => {
          error.replaceChildren(problemBox(problem), ...(insist ? [el("button", { class: "btn", type: "button", onclick: () => { error.replaceChildren(); insist(); } }, _("Give mine too"))] : []));
        },
      }).then((answer) => {
        if (answer) { row.version = answer.row_version; row.verdicts = [answer.verdict, ...row.verdicts.filter((one) => one !== mine)]; draw(); }
      });
    };
    const toggle = (kind) => {
      if (type?.kind !== kind) return give(kind);
      if (type.pending) return undefined;
      row.verdicts = row.verdicts.filter((one) => one !== type);
      draw();
      return takeBack(type);
    };
    line.give = (key) => {
      const face = shownFace === "both" ? likelierFace(row) : shownFace;
      if (key === "y") toggle("same-type"); else if (key === "n") toggle("not-same-type");
      else give(key === "d" ? "same-die" : "not-same-die", face);
    };
    const pressed = (kind) => String(type?.kind === kind);
    const dies = FACES.map((face) => [face, counting(row, ["same-die", "not-same-die"], face)]).filter(([, one]) => one);
    const merged = counting(row, ["merge"]);
    const had = line.contains(document.activeElement) ? document.activeElement.dataset?.act ?? "" : null;
    line.replaceChildren(
      el("span", { class: "rank" }, String(place + 1)),
      el("a", { href: other.href, tabindex: -1, "aria-label": _("Open {coin}", { coin: other.name }), class: "opens" }, pair(other, { shape: "s136" })),
      el("div", {}, el("span", { class: "row" }, el("a", { class: "strong cut", href: other.href }, other.name), chip(other)), sameLegend(card, row)),
      el("div", { class: "reason" }, el("p", { class: "says" }, row.sentence), figures(row.faces),
        dies.length || merged ? el("p", { class: "given" }, ...dies.map(([face, one]) => el("span", { class: `chip ${one.kind === "same-die" ? "yes" : "no"}` }, dieWords(one.kind, face), one.author ? `, ${initials(one.author)}` : "")),
          merged ? el("span", { class: "chip yes" }, _("one coin, photographed twice")) : null) : null),
      el("div", { class: `sure ${row.probability === null ? "unknown" : ""}` }, row.probability === null ? el("span", { class: "faint" }, "–") : [el("p", { class: "probability" }, chance(row.probability)), el("p", { class: "small quiet" }, row.word ?? probabilityWord(row.probability))]),
      el("div", { class: `points ${points.length ? "" : "unknown"}` }, points.length ? [el("b", {}, number(Math.max(...points))), el("p", { class: "small quiet" }, _("matched"))] : el("span", { class: "faint" }, "–")),
      el("div", { class: "acts" },
        el("button", { class: "btn square yes", type: "button", data: { act: "y" }, "aria-pressed": pressed("same-type"), "aria-label": _("Same type as {coin}", { coin: other.name }), title: _("Same type (y)"), onclick: () => toggle("same-type") }, icon("check")),
        el("button", { class: "btn square no", type: "button", data: { act: "n" }, "aria-pressed": pressed("not-same-type"), "aria-label": _("Not the type of {coin}", { coin: other.name }), title: _("Different (n)"), onclick: () => toggle("not-same-type") }, icon("cross")),
        dieMenu(give, other),
        el("a", { class: "btn square", href: compareHref([card.id, other.id]), "aria-label": _("Compare with {coin}", { coin: other.name }), title: _("Compare") }, icon("compare"))),
      error);
    if (had !== null) (line.querySelector(`[data-act="${had}"]`) ?? line).focus({ preventScroll: true });
  };
  draw();
  return line;
}

const opposes = (one, kind, face) => (kind.endsWith("type") ? one.kind.endsWith("-type") : kind.endsWith("die") && one.kind.endsWith("-die") && one.face === face);
const likelierFace = (row) => ((row.faces.reverse?.points ?? row.faces.reverse?.percentile ?? 0) > (row.faces.obverse?.points ?? row.faces.obverse?.percentile ?? 0) ? "reverse" : "obverse");

/** The type of the other coin: a line that is the same is grey; where it is not, the letters that differ are underlined. */
function sameLegend(card, row) {
  const shown = legendLines(row.card), mine = typeLines(card.type ?? card.proposal?.type), lines = typeLines(row.card.type);
  if (!mine.length || !lines.length) return shown;
  [...shown.children].forEach((line, i) => {
    if (lines[i] === mine[i]) line.classList.add("same");
    else if (lines.length === mine.length && card.type?.obverse) line.replaceChildren(...marked(lines[i], differing([mine[i], lines[i]])[1]));
  });
  return shown;
}

export const dieWords = (kind, face) => ({
  "same-die obverse": _("same obverse die"), "same-die reverse": _("same reverse die"),
  "not-same-die obverse": _("different obverse dies"), "not-same-die reverse": _("different reverse dies"),
})[`${kind} ${face}`];

function said(kind, face, card, other) {
  const values = { one: card.name, other: other.name, type: typeText(card.type) };
  if (kind === "same-type") return _("{one} and {other}: same type", values);
  if (kind === "not-same-type") return _("{one} and {other}: different types", values);
  if (kind === "merge") return _("{one} and {other}: one coin, photographed twice", values);
  return _("{one} and {other}: {dies}", { ...values, dies: dieWords(kind, face) });
}

function dieMenu(give, other) {
  const item = (text, kind, face) => el("li", {}, el("button", { type: "button", onclick: (event) => { event.target.closest("details").open = false; give(kind, face); } }, text));
  const menu = el("details", { class: "menu" },
    el("summary", { class: "btn square", "aria-label": _("Dies and doubles of {coin}", { coin: other.name }), title: _("Dies and doubles") }, icon("dies")),
    el("ul", {}, ...FACES.flatMap((face) => [item(dieWords("same-die", face), "same-die", face), item(dieWords("not-same-die", face), "not-same-die", face)]),
      item(_("one coin, photographed twice"), "merge", null)));
  menu.addEventListener("focusout", (event) => { if (!menu.contains(event.relatedTarget)) menu.open = false; });
  return menu;
}
