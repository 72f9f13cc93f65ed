// Coins: which coins are these, and which need a look? Filters, and rows of which only those in sight are in the page.
import {
  $, $$, _, addKeys, api, coinCard, decide, el, latest, ngettext, noCoins, number, onTray, params, problemBox, rested,
  setParams, setRuler, state, toast, toggleTray, typeText, waiting,
} from "/static/explore.js";
import { chosen, noMatch, showChips, showFacets } from "/static/facets.js";

const PAGE = 60, GAP = 16, LEAST = 228, CAPTION = 86, BELOW = 24;
const rows = $("#rows");
const SEEN = "coingraph.coins"; // where the reader was, to come back to
let cards = new Map(); // place in the list → card
let pages = new Set(); // pages asked for
let total = 0, facets = null, at = 0, round = 0;
let faces = params().get("faces") ?? "both";
const me = $(".initials")?.textContent ?? "";

// ---- asking ----
const asked = () => {
  const query = params();
  if (query.get("q") && !query.get("sort")) query.set("sort", "relevance");
  return query;
};
const listed = latest((signal) => api(`/api/coins?${asked()}&offset=0&limit=${PAGE}`, { signal }));
const counted = latest((signal) => api(`/api/facets?${asked()}`, { signal }));

async function refresh() {
  const end = waiting($("#wait"), _("Reading the coins."));
  try {
    const [coins, counts] = await Promise.all([listed(), counted()]);
    end();
    if (!coins || !counts) return; // a later question is under way
    take(coins, counts);
  } catch (problem) {
    end();
    $("#none").replaceChildren(problemBox(problem, refresh));
  }
}

function take(coins, counts) {
  round += 1;
  cards = new Map(coins.coins.map((card, i) => [i, card]));
  pages = new Set([0]);
  total = coins.total;
  facets = counts;
  at = Math.min(at, Math.max(0, total - 1));
  $("#total").textContent = ngettext("{count} coin", "{count} coins", total);
  $("#ofall").textContent = total === coins.all ? "" : _("of {all}", { all: number(coins.all) });
  $("#closefilters").textContent = ngettext("Show {count} coin", "Show {count} coins", total);
  if (facets) showFacets($("#facets"), facets, change);
  showChips($("#chips"), facets, change);
  const none = coins.all === 0
    ? noCoins()
    : total === 0 ? noMatch(facets, change) : null;
  $("#none").replaceChildren(...(none ? [none] : []));
  draw(true);
}

async function askPage(page) {
  if (pages.has(page)) return;
  pages.add(page);
  const mine = round;
  try {
    const answer = await api(`/api/coins?${asked()}&offset=${page * PAGE}&limit=${PAGE}`);
    if (mine !== round) return;
    answer.coins.forEach((card, i) => cards.set(page * PAGE + i, card));
    const { across } = measure(); // only the rows that waited for this page are made anew
    for (const [row, line] of lines) if ((row + 1) * across > page * PAGE && row * across < (page + 1) * PAGE) { line.remove(); lines.delete(row); }
    draw();
  } catch (problem) {
    pages.delete(page);
    if (mine === round) $("#none").replaceChildren(problemBox(problem, () => askPage(page)));
  }
}

/** A person wants other filters: they stand in the address, and the list begins at its top. */
function change(query) {
  const kept = params();
  for (const name of ["sort", "faces"]) if (kept.get(name) && !query.has(name)) query.set(name, kept.get(name));
  setParams(query);
  $("#search").value = query.get("q") ?? "";
  showCollection(query);
  showSort();
  at = 0;
  if (scrollY > 0) scrollTo(0, 0);
  refresh();
}

/** The frame follows the collection that is chosen here, so that the other views do. */
function showCollection(query) {
  const all = query.getAll("collection"), one = all.length === 1 ? all[0] : "";
  $("#collection").value = one;
  document.body.dataset.collection = one;
  for (const link of $$(".top > nav a, .tabs a")) link.search = one ? `?${new URLSearchParams({ collection: one })}` : "";
}

// ---- rows ----
/** How many cards stand beside each other, and how high a row is. */
function measure() {
  const width = rows.clientWidth, one = faces !== "both", least = one ? 150 : LEAST;
  const across = Math.max(1, Math.floor((width + GAP) / (least + GAP)));
  const card = (width - GAP * (across - 1)) / across;
  return { across, card, height: Math.round(one ? card : card / 2) + CAPTION + BELOW };
}

/** The width of a side's place in millimetres: the widest coin of the list fills it. */
function fullWidth() {
  const range = facets?.ranges.find((one) => one.name === "diameter");
  const last = range ? range.shown.findLastIndex((n) => n > 0) : -1;
  if (last >= 0) return range.edges[last + 1] * 1.1;
  const known = [...cards.values()].flatMap((card) => Object.values(card.pictures).map((side) => side?.mm ?? 0));
  return Math.max(0, ...known) || null;
}

const bones = () => el("div", { class: "card bones", role: "listitem" },
  el("span", { class: "tray pair" }, el("span", { class: "disc" }), el("span", { class: "disc" })),
  el("div", { class: "caption" }, el("div", { class: "bone w40" }), el("div", { class: "bone w80" }), el("div", { class: "bone w60" })));

function cardAt(place, full) {
  const card = cards.get(place);
  if (!card) return bones();
  const made = coinCard(card, {
    full, faces: faces === "both" ? undefined : [faces], picked: onTray(card.id),
    onpick: () => toggleTray(card), answer: (kind) => answer(place, kind),
  });
  const link = $("a", made);
  made.setAttribute("role", "listitem");
  made.setAttribute("aria-posinset", place + 1);
  made.setAttribute("aria-setsize", total);
  made.dataset.place = place;
  link.href = card.href + location.search;
  link.tabIndex = place === at ? 0 : -1;
  link.addEventListener("focus", () => { at = place; $$(".card a", rows).forEach((other) => { other.tabIndex = other === link ? 0 : -1; }); });
  return made;
}

const lines = new Map(); // row → its element, for the rows in sight
function draw(anew = false) {
  const { across, card, height } = measure();
  const full = fullWidth(), count = Math.ceil(total / across);
  rows.classList.toggle("oneface", faces !== "both");
  rows.style.height = `${count * height}px`;
  const top = rows.getBoundingClientRect().top;
  const first = Math.max(0, Math.floor((-top - height) / height)), last = Math.min(count - 1, Math.ceil((innerHeight - top) / height));
  const focused = document.activeElement?.closest?.("#rows .card")?.dataset.place;
  if (anew) { lines.forEach((line) => line.remove()); lines.clear(); }
  for (const [row, line] of lines) if (row < first || row > last) { line.remove(); lines.delete(row); }
  for (let row = first; row <= last; row += 1) {
    if (lines.has(row)) continue;
    const line = el("div", { class: "line", role: "presentation" });
    line.style.transform = `translateY(${row * height}px)`;
    line.style.gridTemplateColumns = `repeat(${across}, minmax(0, 1fr))`;
    for (let place = row * across; place < Math.min(total, (row + 1) * across); place += 1) line.append(cardAt(place, full));
    const after = [...lines.keys()].filter((other) => other > row).sort((a, b) => a - b)[0];
    rows.insertBefore(line, lines.get(after) ?? null);
    lines.set(row, line);
  }
  if (total) for (let page = Math.floor((first * across) / PAGE); page <= Math.floor(Math.min(total - 1, (last + 2) * across) / PAGE); page += 1) askPage(page);
  if (anew && focused !== undefined) linkAt(Number(focused))?.focus({ preventScroll: true });
  if (!$(".card a[tabindex='0']", rows)) { const link = $(".card a", rows); if (link) link.tabIndex = 0; }
  const known = [...cards.values()].some((one) => Object.values(one.pictures).some((side) => side?.mm));
  if (cards.size) setRuler($("#scale"), known && full ? ((faces === "both" ? card / 2 : card) - 4) / full : null);
}
const linkAt = (place) => $(`[data-place="${place}"] a`, rows);

/** Brings a place into sight, below the bar, and gives it the focus. */
function goTo(place) {
  if (place < 0 || place >= total) return false;
  at = place;
  const { across, height } = measure();
  const y = rows.getBoundingClientRect().top + Math.floor(place / across) * height;
  if (y < 60 || y + height > innerHeight) { scrollBy(0, y < 60 ? y - 68 : y + height - innerHeight + 8); draw(); }
  linkAt(place)?.focus({ preventScroll: true });
  return true;
}

function redraw(place) {
  const old = $(`[data-place="${place}"]`, rows);
  if (!old) return;
  const focused = old.contains(document.activeElement);
  old.replaceWith(cardAt(place, fullWidth()));
  if (focused) linkAt(place)?.focus({ preventScroll: true });
}

// ---- verdicts ----
function answer(place, kind) {
  const card = cards.get(place), mine = round;
  if (!card?.proposal || card.type) { toast(_("No type is proposed for this coin.")); return; }
  const put = (other) => { if (mine === round) { cards.set(place, other); redraw(place); } };
  const { type } = card.proposal;
  const after = kind === "accept" ? { ...card, type, source: "person", by: me, proposal: null, doubtful: false } : { ...card, proposal: null };
  decide({ kind, coins: [card.id], type: type.name, version: card.version }, {
    say: kind === "accept" ? _("{coin} accepted: {type}", { coin: card.name, type: typeText(type) }) : _("{coin} rejected: {type}", { coin: card.name, type: typeText(type) }),
    apply: () => put(after), revert: () => put(card),
  });
}
document.addEventListener("verdict", ({ detail }) => {
  for (const card of detail.cards ?? []) for (const [place, old] of cards) if (old.id === card.id) { cards.set(place, card); redraw(place); }
  recount();
});
const recount = rested(async () => {
  facets = (await counted()) ?? facets;
  showFacets($("#facets"), facets, change);
}, 400);
document.addEventListener("tray", () => $$(".card[data-place]", rows).forEach((card) => {
  const on = onTray(card.dataset.id);
  card.classList.toggle("on", on);
  $(".pick", card).setAttribute("aria-pressed", String(on));
}));

// ---- the head ----
function showSort() {
  const query = params(), sort = $("#sort");
  $("option[value=relevance]", sort).hidden = !query.get("q");
  sort.value = query.get("sort") ?? (query.get("q") ? "relevance" : "look");
}
$("#sort").addEventListener("change", (event) => { const query = params(); query.set("sort", event.target.value); change(query); });
function showSides(wanted) {
  faces = wanted;
  const query = params();
  if (wanted === "both") query.delete("faces"); else query.set("faces", wanted);
  setParams(query);
  $$("#faces button").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.faces === wanted)));
  draw(true);
}
$("#faces").addEventListener("click", (event) => { const button = event.target.closest("button"); if (button) showSides(button.dataset.faces); });
$("#search").form.addEventListener("submit", (event) => { event.preventDefault(); goTo(0); });
$("#search").addEventListener("input", rested(() => {
  const query = params(), text = $("#search").value.trim();
  if (text) query.set("q", text); else query.delete("q");
  change(query);
}));

// on a telephone the filters lie in a sheet
const sheet = $("#filtersheet");
$("#openfilters").addEventListener("click", () => { sheet.append($("#facets")); sheet.showModal(); });
$("#closefilters").addEventListener("click", () => sheet.close());
sheet.addEventListener("close", () => $("#facetplace").append($("#facets")));
sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); });

// ---- keys, scrolling, coming back ----
const here = () => { const place = document.activeElement?.closest?.(".card")?.dataset.place; return place === undefined ? null : Number(place); };
const step = (by) => () => (here() === null ? goTo(at) : goTo(here() + by));
const inRows = (by) => () => (here() === null ? false : goTo(here() + by()));
const onCard = (act) => () => { const place = here(); if (place === null) { toast(_("Choose a coin first, by j and k.")); return; } act(place); };
addKeys([
  ["j", _("Next coin"), step(1)], ["k", _("Previous coin"), step(-1)],
  ["ArrowRight", _("Next coin"), inRows(() => 1)], ["ArrowLeft", _("Previous coin"), inRows(() => -1)],
  ["ArrowDown", _("The row below, above"), inRows(() => measure().across)], ["ArrowUp", _("The row below, above"), inRows(() => -measure().across)],
  ["x", _("To the tray, or from it"), onCard((place) => toggleTray(cards.get(place)))],
  ["y", _("Accept the proposed type"), onCard((place) => answer(place, "accept"))],
  ["n", _("Reject the proposed type"), onCard((place) => answer(place, "reject"))],
  ["1", _("Obverses, reverses, both sides"), () => showSides("obverse")], ["2", _("Obverses, reverses, both sides"), () => showSides("reverse")],
  ["3", _("Obverses, reverses, both sides"), () => showSides("both")],
]);
let due = 0;
const soon = () => { due ||= requestAnimationFrame(() => { due = 0; draw(); }); };
addEventListener("scroll", soon, { passive: true });
let wide = rows.clientWidth;
addEventListener("resize", () => { if (rows.clientWidth !== wide) { wide = rows.clientWidth; draw(true); } else draw(); });
addEventListener("pagehide", () => sessionStorage.setItem(SEEN, JSON.stringify({ search: location.search, scroll: scrollY, at })));
addEventListener("popstate", () => { faces = params().get("faces") ?? "both"; showSort(); refresh(); });

history.scrollRestoration = "manual";
showSort();
$$("#faces button").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.faces === faces)));
const seen = JSON.parse(sessionStorage.getItem(SEEN) ?? "null");
if (state && (!params().get("q") || params().get("sort"))) take(state.coins, state.facets);
else await refresh();
if (seen?.search === location.search) {
  at = Math.min(seen.at, Math.max(0, total - 1));
  scrollTo(0, seen.scroll);
  draw(true);
  linkAt(at)?.focus({ preventScroll: true });
}
if (chosen().length === 0 && total) document.title = `${ngettext("{count} coin", "{count} coins", total)} · coingraph`;
