// The filters of Coins: facets with counts, and ranges as histograms. What is chosen stands in the address.
import { $, _, el, emptyBox, icon, ngettext, number, params, rested, sentence, yearText } from "/static/base.js";

export const FILTERS = ["collection", "q", "look", "mint", "material", "type", "community", "diameter", "weight", "year", "group", "ids"];
const RANGES = ["diameter", "weight", "year"];
const FEW = 7; // values shown before "more"
const ORDER = ["look", "collection", "mint", "diameter", "weight", "year", "type", "material", "community"];

const titles = () => ({
  look: _("To look at"), collection: _("Collection"), mint: _("Mint"), material: _("Material"), type: _("Type"), community: _("Community"),
  diameter: _("Diameter"), weight: _("Weight"), year: _("Date"),
});
const looks = () => ({
  proposed: [_("Proposed type"), "proposed"], doubtful: [_("Doubtful type"), "doubt"], differ: [_("People differ"), "differ"],
  untyped: [_("No type"), "minus"], "one-sided": [_("One side only"), "oneside"], verdicts: [_("Has a verdict"), "check"],
});
const none = () => ({ mint: _("no mint"), material: _("no material"), type: _("no type"), community: _("no community") });

export const COLOURS = ["#7cc4ff", "#ffb454", "#8fd47f", "#f590b6", "#c4a8ff", "#5fd3c4", "#ffd966", "#ff9478", "#b5c48a", "#9db6d6"];

const valueText = (name, value) => (name === "year" ? yearText(value) : `${Number(value.toFixed(1))} ${name === "weight" ? "g" : "mm"}`);
const ends = (text) => text.split("..").map((end) => (end === "" || end === undefined ? null : Number(end)));

/** The words of a chosen filter. */
export function filterLabel(name, value, facets) {
  if (name === "q") return `“${value}”`;
  if (name === "look") return looks()[value]?.[0] ?? value;
  if (name === "ids") return ngettext("{count} chosen coin", "{count} chosen coins", value.split(",").length);
  if (RANGES.includes(name)) {
    const [low, high] = ends(value);
    if (low === null || low === undefined) return _("to {most}", { most: valueText(name, high) });
    if (high === null || high === undefined) return _("from {least}", { least: valueText(name, low) });
    return name === "year" ? `${yearText(low)}–${yearText(high)}` : `${Number(low.toFixed(1))}–${valueText(name, high)}`;
  }
  if (value === "~") return none()[name] ?? value;
  const found = facets?.facets.find((one) => one.name === name)?.values.find((one) => String(one.value) === value);
  if (name === "community") return found?.label && String(found.label) !== value ? found.label : _("Community {number}", { number: value });
  return found?.label ?? value;
}

/** The chosen filters, as [name, value] pairs. */
export const chosen = (query = params()) => FILTERS.flatMap((name) => query.getAll(name).filter(Boolean).map((value) => [name, value]));

/** One more value of a filter, or one less. */
export function toggled(query, name, value) {
  const kept = query.getAll(name), next = new URLSearchParams(query);
  next.delete(name);
  for (const one of kept.includes(value) ? kept.filter((each) => each !== value) : [...kept, value]) next.append(name, one);
  return next;
}
export function withRange(query, name, low, high) {
  const next = new URLSearchParams(query);
  next.delete(name);
  if (low !== null || high !== null) next.set(name, `${low ?? ""}..${high ?? ""}`);
  return next;
}

function option(name, one, most, change) {
  const [text, sign] = name === "look" ? looks()[one.value] ?? [one.label] : [filterLabel(name, String(one.value), { facets: [{ name, values: [one] }] })];
  const part = most ? (100 * one.shown) / most : 0, all = most ? (100 * one.all) / most : 0;
  return el("li", {}, el("button", {
    class: `option ${one.shown ? "" : "zero"}`, type: "button", "aria-pressed": String(one.chosen), title: text, data: { name, value: one.value },
    onclick: () => change(toggled(params(), name, String(one.value))),
  },
  sign ? icon(sign) : name === "community" && one.value !== "~" ? swatch(Number(one.value)) : null,
  el("span", { class: `cut ${name === "type" ? "legend" : ""}` }, text), el("span", { class: "n" }, number(one.shown)),
  el("svg", { class: "share", viewBox: "0 0 100 2", preserveAspectRatio: "none", "aria-hidden": "true" },
    el("rect", { class: "all", width: all.toFixed(1), height: 2 }), el("rect", { class: "part", width: part.toFixed(1), height: 2 }))));
}

/** The dot of a community: ten colours, then grey. */
export const swatch = (community) => el("svg", { class: "swatch", viewBox: "0 0 10 10", "aria-hidden": "true" },
  el("circle", { cx: 5, cy: 5, r: 5, fill: COLOURS[community - 1] ?? "#83898e" }));

const opened = new Set(); // facets that show all their values
const wanted = new Map(); // what stands in the "find" field of a facet

function facetBox(facet, change, again) {
  const { name, values } = facet;
  const picked = values.filter((one) => one.chosen);
  const find = (wanted.get(name) ?? "").toLowerCase();
  const matching = find ? values.filter((one) => filterLabel(name, String(one.value), { facets: [facet] }).toLowerCase().includes(find)) : values;
  const open = opened.has(name) || Boolean(find) || matching.length <= FEW + 2;
  const shown = open ? matching : [...matching.slice(0, FEW), ...matching.slice(FEW).filter((one) => one.chosen)];
  const most = Math.max(1, ...values.map((one) => one.all));
  const hidden = matching.length - shown.length + (open ? 0 : facet.more ?? 0);
  const box = el("section", { class: "facet", data: { facet: name }, "aria-label": titles()[name] ?? name },
    el("header", {}, el("h3", {}, titles()[name] ?? name),
      picked.length ? el("button", { class: "link small", type: "button", "aria-label": _("Clear {filter}", { filter: titles()[name] }), onclick: () => { const next = params(); next.delete(name); change(next); } }, _("clear"))
        : values.length > FEW ? el("span", { class: "count" }, number(values.length + (facet.more ?? 0))) : null));
  if (values.length > 2 * FEW) {
    const field = el("input", { type: "search", value: wanted.get(name) ?? null, placeholder: _("Find one"), "aria-label": _("Find in {filter}", { filter: titles()[name] }) });
    field.addEventListener("input", rested(() => { wanted.set(name, field.value); again(name); }));
    box.append(el("label", { class: "search" }, icon("search"), field));
  }
  box.append(el("ul", { class: opened.has(name) && shown.length > 14 ? "long" : "" }, ...shown.map((one) => option(name, one, most, change))));
  if (hidden > 0 || (opened.has(name) && matching.length > FEW + 2)) {
    box.append(el("button", { class: "link small more", type: "button", onclick: () => { opened.has(name) ? opened.delete(name) : opened.add(name); again(name); } },
      opened.has(name) ? _("fewer") : ngettext("{count} more", "{count} more", hidden)));
  }
  return box;
}

function rangeBox(range, change) {
  const { name, edges } = range;
  const bins = range.all.length, most = Math.max(1, ...range.all), title = titles()[name] ?? name;
  const [low, high] = range.chosen ?? [null, null];
  const binOf = (value) => Math.max(0, Math.min(bins, Math.round(((value - edges[0]) / (edges[bins] - edges[0])) * bins)));
  let from = low === null || low === undefined ? 0 : binOf(low), to = high === null || high === undefined ? bins : binOf(high);
  const height = (n) => (n ? Math.max(1, (44 * n) / most) : 0);
  const bars = (counts, kind) => counts.map((n, i) => el("rect", { class: kind, x: i * 10 + 1, width: 8, y: 46 - height(n), height: height(n), data: { bin: i } }));
  const parts = bars(range.shown, "part");
  const picture = el("svg", { class: "histogram", viewBox: `0 0 ${bins * 10} 48`, preserveAspectRatio: "none", "aria-hidden": "true" },
    ...bars(range.all, "all"), ...parts, el("line", { class: "axis", x1: 0, x2: bins * 10, y1: 46.5, y2: 46.5 }));
  const least = el("span"), greatest = el("span");
  const grip = (value, label) => el("input", { type: "range", min: 0, max: bins, step: 1, value, "aria-label": label });
  const grips = [grip(from, _("{what}: least", { what: title })), grip(to, _("{what}: most", { what: title }))];
  const mark = () => {
    const whole = from === 0 && to === bins;
    parts.forEach((bar, i) => bar.setAttribute("class", !whole && i >= from && i < to ? "in" : "part"));
    least.textContent = valueText(name, edges[from]);
    greatest.textContent = valueText(name, edges[to]);
    grips[0].value = from; grips[1].value = to;
    grips[0].setAttribute("aria-valuetext", least.textContent);
    grips[1].setAttribute("aria-valuetext", greatest.textContent);
  };
  const apply = rested(() => change(withRange(params(), name,
    from === 0 ? null : Math.floor(edges[from] * 100) / 100, to === bins ? null : Math.ceil(edges[to] * 100) / 100)));
  grips[0].addEventListener("input", () => { from = Math.min(Number(grips[0].value), to - 1); mark(); apply(); });
  grips[1].addEventListener("input", () => { to = Math.max(Number(grips[1].value), from + 1); mark(); apply(); });
  const at = (event) => {
    const box = picture.getBoundingClientRect();
    return Math.max(0, Math.min(bins - 1, Math.floor(((event.clientX - box.left) / box.width) * bins)));
  };
  picture.addEventListener("pointerdown", (event) => {
    const begun = at(event);
    picture.setPointerCapture(event.pointerId);
    const drag = (moved) => { from = Math.min(begun, at(moved)); to = Math.max(begun, at(moved)) + 1; mark(); };
    drag(event);
    picture.addEventListener("pointermove", drag);
    picture.addEventListener("pointerup", () => { picture.removeEventListener("pointermove", drag); apply(); }, { once: true });
  });
  mark();
  return el("section", { class: "facet", data: { facet: name }, "aria-label": title },
    el("header", {}, el("h3", {}, title),
      low !== null || high !== null ? el("button", { class: "link small", type: "button", "aria-label": _("Clear {filter}", { filter: title }), onclick: () => change(withRange(params(), name, null, null)) }, _("clear"))
        : range.lacking ? el("span", { class: "count" }, ngettext("{count} without", "{count} without", range.lacking)) : null),
    el("div", { class: "span" }, picture, ...grips), el("p", { class: "ends" }, least, greatest));
}

/** Fills `place` with the filters; `change(query)` is called with the query that a person wants. The focus stays. */
export function showFacets(place, answer, change) {
  const again = (name) => showFacets(place, answer, change, name);
  const focus = document.activeElement?.closest?.("#facets") ? document.activeElement : null;
  const key = focus && { facet: focus.closest(".facet")?.dataset.facet, value: focus.dataset.value, type: focus.type, first: focus === $("input[type=range]", focus.closest(".facet")) };
  const boxes = new Map();
  for (const facet of answer.facets) {
    if (facet.name === "collection" && facet.values.length < 2) continue;
    if (!facet.values.length || (facet.values.length === 1 && facet.values[0].value === "~" && !facet.values[0].chosen)) continue;
    boxes.set(facet.name, facetBox(facet, change, again));
  }
  for (const range of answer.ranges) if (range.edges?.length && range.edges[0] < range.edges.at(-1)) boxes.set(range.name, rangeBox(range, change));
  place.replaceChildren(...ORDER.filter((name) => boxes.has(name)).map((name) => boxes.get(name)));
  if (!key?.facet) return;
  const box = $(`[data-facet="${CSS.escape(key.facet)}"]`, place);
  const target = key.value !== undefined ? $(`[data-value="${CSS.escape(key.value)}"]`, box ?? place)
    : key.type === "range" ? box?.querySelectorAll("input[type=range]")[key.first ? 0 : 1] : box && $(`input[type="${key.type}"]`, box);
  target?.focus();
  if (key.type === "search" && target) target.setSelectionRange(target.value.length, target.value.length);
}

/** The chips of what is chosen, each with its way out. */
export function showChips(place, facets, change) {
  const all = chosen();
  place.replaceChildren(...all.map(([name, value]) => {
    const text = filterLabel(name, value, facets);
    return el("span", { class: "filterchip" }, text, el("button", { type: "button", "aria-label": _("Drop {filter}", { filter: text }), onclick: () => change(toggled(params(), name, value)) }, icon("cross")));
  }), ...(all.length > 1 ? [el("button", { class: "link", type: "button", onclick: () => change(new URLSearchParams()) }, _("Clear all"))] : []));
}

/** What stands where no coin is left: which filter to drop, and what that gives. */
export function noMatch(answer, change) {
  const drops = (answer?.drop ?? []).filter((one) => one.gives).slice(0, 3);
  const name = (one) => filterLabel(one.filter, String(one.value), answer);
  const said = drops.flatMap((one, i) => [i ? " " : "", ...sentence(ngettext("Without {filter} there is {count}.", "Without {filter} there are {count}.", one.gives, { filter: "{filter}" }), { filter: el("b", {}, name(one)) })]);
  return emptyBox(_("No coin has all of these"), drops.length ? said : _("Clear the filters to see all coins."),
    ...drops.map((one) => el("button", { class: "btn", type: "button", onclick: () => change(toggled(params(), one.filter, String(one.value))) }, _("Drop {filter}", { filter: name(one) }))),
    el("button", { class: "btn plain", type: "button", onclick: () => change(new URLSearchParams()) }, _("Clear all")));
}
