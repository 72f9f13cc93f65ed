// A community: its most typical coins, the odd ones out, what it has in common, its weakest link.
import { $, _, api, browserLink, decimal, el, emptyBox, ngettext, problemBox, state as first, withCode } from "/static/base.js";
import { inCommon } from "/static/common.js";
import { coinCard, typeText } from "/static/coins-parts.js";
import { compareHref, onTray, toggleTray } from "/static/tray.js";

function section(title, cards, note = null) {
  if (!cards?.length) return null;
  const full = Math.max(0, ...cards.flatMap((card) => Object.values(card.pictures).map((picture) => picture?.mm ?? 0))) || null;
  return el("section", {}, el("h2", {}, title), note, el("div", { class: "gallery" }, ...cards.map((card) => {
    const made = coinCard(card, { full, picked: onTray(card.id), onpick: () => made.classList.toggle("on", toggleTray(card)) });
    return made;
  })));
}

function take(answer) {
  if (answer.missing) {
    $("#bench").replaceWith(emptyBox(_("No communities are known yet."), withCode(_("Find them with `{command}`.", { command: answer.missing.command ?? "coingraph analyze" }))));
    return;
  }
  const kind = answer.summary?.types?.[0]?.value, weakest = answer.weakest?.coins?.filter(Boolean) ?? [];
  $("#title").textContent = _("Community {number}: {name}", answer);
  $("#told").textContent = answer.sentence ?? ngettext("{count} coin", "{count} coins", answer.size) + (kind ? `, ${typeof kind === "object" ? typeText(kind) : kind}` : "");
  $("#members").href = answer.members;
  $("#network").href = `/network?coin=${encodeURIComponent(answer.typical?.[0]?.id ?? "")}`;
  browserLink(answer.browser);
  $("#facts").replaceChildren(...inCommon(answer.summary ?? {}));
  const link = weakest.length === 2 ? el("p", { class: "quiet" }, _("Closer than {percentile} % of all pairs, and the weakest link inside.", { percentile: decimal(answer.weakest.percentile, 2) }), " ", el("a", { class: "link", href: compareHref(weakest.map((card) => card.id)) }, _("Compare the two"))) : null;
  if (answer.parts.length > 1) $("#told").append(" ", ngettext("It divides into {count} finer one", "It divides into {count} finer ones", answer.parts.length), ": ", answer.parts.map((one) => `${one.name} (${one.size})`).join(", "), ".");
  const parts = [section(_("Most typical"), answer.typical), section(_("Odd ones out"), answer.odd), section(_("Weakest link"), weakest, link), section(_("Bridges to other communities"), answer.bridges)];
  $("#galleries").replaceChildren(...parts.filter(Boolean));
}

const number_ = location.pathname.split("/").at(-1);
api("/api/communities").then(({ communities = [] }) => {
  $("#others").replaceChildren(...communities.map((one) => el("option", { value: one.href, selected: String(one.number) === number_ },
    `${one.number}: ${one.name}, ${ngettext("{count} coin", "{count} coins", one.size)}`)));
}).catch(() => {});
$("#others").addEventListener("change", (event) => { location.href = event.target.value; });
if (first?.number) take(first);
else api(`/api/communities/${number_}`).then(take, (problem) => $("#bench").replaceChildren(problemBox(problem, () => location.reload())));
