// Map of vectors: two spaces side by side. What is chosen in one is chosen in the other.
import { $, $$, _, api, browserLink, el, emptyBox, icon, latest, ngettext, number, params, problemBox, rested, setParams, withCode } from "/static/base.js";
import { addKeys } from "/static/keys.js";
import { compareHref, toggleTray } from "/static/tray.js";
import { toast } from "/static/toast.js";
import { PictureCanvas } from "/static/canvas.js";
import { inCommon } from "/static/common.js";
import { keepGroup, twin } from "/static/inspector.js";
import { COIN, spread } from "/static/layout.js";
import { grouped, nodesOf, property } from "/static/places.js";

const MOST = 120; // pictures of the gallery beside
const IN_ADDRESS = 40; // coins of a selection that an address holds
const asked = params();
const maps = $$(".mapbox").map((box, at) => ({ box, at, canvas: null, answer: null, place: new Map() }));
const chosen = { ids: new Set((asked.get("coins") ?? "").split(",").filter(Boolean)), colour: asked.get("colour") ?? "community", lassoing: true };
let whole = null; // where Neo4j Browser begins while no coins are chosen

async function load(map, name) {
  map.name = name;
  const [space, face] = split(name), said = $("[role=status]", map.box);
  const query = new URLSearchParams({ space, face });
  if (asked.get("collection")) query.set("collection", asked.get("collection"));
  said.textContent = _("placing …");
  try {
    let answer = await api(`/api/map?${query}`);
    while (answer.working && map.name === name) {
      await new Promise((go) => { setTimeout(go, 1000); });
      answer = await api(`/api/map?${query}`);
    }
    if (map.name === name) take(map, answer, said);
  } catch (problem) {
    said.textContent = problem.message;
  }
}
const split = (name) => [name.slice(0, name.lastIndexOf("|")), name.slice(name.lastIndexOf("|") + 1)];

function take(map, answer, said) {
  if (answer.missing || !answer.ids?.length) {
    said.textContent = answer.missing?.command ? _("Nothing here yet: {command}", { command: answer.missing.command }) : _("Nothing here yet.");
    return;
  }
  said.textContent = ngettext("{how}, {count} coin", "{how}, {count} coins", answer.ids.length, { how: answer.how });
  Object.assign(map, { answer, place: new Map(answer.ids.map((id, i) => [id, i])) });
  Object.assign(answer, spread(answer.x, answer.y));
  const nodes = nodesOf(answer, split(map.name)[1] === "reverse" ? 1 : 0, () => map.canvas?.draw());
  if (map.canvas) { // the canvas goes on with other nodes
    const fresh = $("canvas", map.box).cloneNode();
    $("canvas", map.box).replaceWith(fresh);
  }
  map.canvas = new PictureCanvas($("canvas", map.box), nodes, {
    choose: (i) => { if (i >= 0) pick([answer.ids[i]], map); else if (!map.canvas.outline.length) pick([]); },
    lasso: (rows) => pick(rows.map((i) => answer.ids[i]), map),
    moved: rested(address, 150),
  });
  map.canvas.size = COIN;
  map.canvas.lassoing = chosen.lassoing;
  map.canvas.free = { left: 12, right: 12, top: 52, bottom: 56 };
  $("canvas", map.box).addEventListener("keydown", (event) => {
    if (event.key !== " " || map.canvas.chosen < 0) return;
    event.preventDefault();
    const id = answer.ids[map.canvas.chosen], next = new Set(chosen.ids);
    if (!next.delete(id)) next.add(id);
    pick([...next], map);
  });
  colours();
  map.canvas.look(asked.get(map.at ? "atright" : "atleft"));
  marks();
}

function colours() {
  for (const { canvas, answer } of maps) if (canvas) { canvas.colour = grouped(property(answer, chosen.colour)).colour; canvas.draw(); }
}

// ---- one selection ----
function pick(ids, from = null) {
  chosen.ids = new Set(ids);
  for (const { canvas } of maps) if (canvas && canvas !== from?.canvas) Object.assign(canvas, { outline: [], chosen: -1 });
  marks();
  describe();
  address();
}

function marks() {
  for (const { canvas, place } of maps) {
    if (!canvas) continue;
    canvas.selected = new Set([...chosen.ids].map((id) => place.get(id)).filter((i) => i !== undefined));
    canvas.draw();
  }
}

/** In how many places of a map the chosen coins lie: coins within three widths of each other are one place. */
function places({ canvas, answer, place }) {
  const rows = [...chosen.ids].map((id) => place.get(id)).filter((i) => i !== undefined), near = canvas.size * 7, left = new Set(rows);
  let count = 0;
  while (left.size) {
    count += 1;
    const wave = [left.values().next().value];
    left.delete(wave[0]);
    for (const i of wave) for (const j of left) if (Math.hypot(answer.x[i] - answer.x[j], answer.y[i] - answer.y[j]) < near) { left.delete(j); wave.push(j); }
  }
  return count;
}

function together() {
  const said = maps.filter((map) => map.canvas).map((map) => {
    const name = $("select", map.box).selectedOptions[0]?.textContent ?? map.name, count = places(map);
    return count === 1 ? _("Together by {space}.", { space: name }) : _("By {space} in {count} places.", { space: name, count });
  });
  return [...new Set(said)].join(" ");
}

const describe = latest(async (signal) => {
  const ids = [...chosen.ids], some = ids.length > 0;
  $("#title").textContent = some ? ngettext("{count} coin chosen", "{count} coins chosen", ids.length) : _("No coins chosen");
  $("#told").textContent = ids.length > 1 ? together() : some ? "" : _("Draw a line round coins, in either map: they are chosen in both.");
  for (const part of ["#keep", "#gallery"]) $(part).hidden = !some;
  $("#inside").hidden = true;
  $("#said").replaceChildren();
  $("#compare").hidden = ids.length < 2 || ids.length > 6;
  $("#compare").href = compareHref(ids.slice(0, 6));
  browserLink(whole);
  if (!some) return;
  gallery(ids);
  const summary = await api("/api/summary", { method: "POST", body: { ids }, signal });
  facts(summary);
  browserLink(summary.browser);
});

function gallery(ids) {
  const { answer, place } = maps.find((map) => map.answer);
  $("#grid").replaceChildren(...ids.slice(0, MOST).filter((id) => place.has(id)).map((id) => {
    const i = place.get(id), shown = twin(answer, i, "");
    return el("a", { href: `/coins/${id.split("/").map(encodeURIComponent).join("/")}`, title: answer.names[i], "aria-label": answer.names[i] }, shown);
  }));
  $("#rest").textContent = ids.length > MOST ? ngettext("{count} more", "{count} more", ids.length - MOST) : "";
}

function facts(summary) {
  const rows = inCommon(summary);
  $("#inside").hidden = !rows.length;
  $("#facts").replaceChildren(...rows);
  chosen.cards = summary.cards ?? [];
}

async function groups() {
  const { groups: kept = [] } = await api("/api/groups").catch(() => ({}));
  $("#kept").hidden = !kept.length;
  $("#grouplist").replaceChildren(...kept.map((one) => el("li", {},
    el("button", { class: "link cut", type: "button", onclick: async () => pick((await api(`/api/groups/${encodeURIComponent(one.name)}`)).ids) }, one.name),
    el("span", { class: "count" }, number(one.coins)), el("span", { class: "grow" }),
    el("button", { class: "iconbtn", type: "button", "aria-label": _("Delete the group {name}", { name: one.name }), title: _("Delete"), onclick: () => drop(one) }, icon("cross")))));
}

/** Deletes a group at once; it comes back by one button. */
async function drop(one) {
  const { ids } = await api(`/api/groups/${encodeURIComponent(one.name)}`);
  await api(`/api/groups/${encodeURIComponent(one.name)}`, { method: "DELETE", body: {} });
  await groups();
  toast(_("Deleted: the group {name}", { name: one.name }), { undo: async () => { await api("/api/groups", { method: "POST", body: { name: one.name, coins: ids } }); groups(); } });
}

function address() {
  const wanted = params(), put = (name, value) => (value ? wanted.set(name, value) : wanted.delete(name));
  put("left", maps[0].name);
  put("right", maps[1].name);
  put("coins", chosen.ids.size <= IN_ADDRESS ? [...chosen.ids].join(",") : "");
  put("colour", chosen.colour === "community" ? "" : chosen.colour);
  put("atleft", maps[0].canvas?.where());
  put("atright", maps[1].canvas?.where());
  setParams(wanted);
}

function lassoing(on) {
  chosen.lassoing = on;
  $("#lasso").setAttribute("aria-pressed", String(on));
  for (const { canvas } of maps) if (canvas) { canvas.lassoing = on; canvas.canvas.style.cursor = on ? "crosshair" : "grab"; }
}
const current = () => (maps.find(({ box }) => box.contains(document.activeElement)) ?? maps[0]).canvas;
const each = (act) => maps.forEach(({ canvas }) => canvas && act(canvas));

$("#keep").addEventListener("submit", async (event) => {
  event.preventDefault();
  await keepGroup($("#name").value.trim(), [...chosen.ids], $("#said"));
  groups();
});
$("#lasso").addEventListener("click", () => lassoing(!chosen.lassoing));
$("#in").addEventListener("click", () => each((canvas) => canvas.zoom(1.4)));
$("#out").addEventListener("click", () => each((canvas) => canvas.zoom(1 / 1.4)));
$("#fit").addEventListener("click", () => each((canvas) => canvas.fit()));
$("#colour").addEventListener("change", (event) => { chosen.colour = event.target.value; colours(); address(); });
addKeys([
  ["w", _("Lasso, or move by hand"), () => lassoing(!chosen.lassoing)],
  ["+", _("Nearer, farther, all"), () => current()?.zoom(1.3)], ["-", _("Nearer, farther, all"), () => current()?.zoom(1 / 1.3)], ["0", _("Nearer, farther, all"), () => current()?.fit()],
  ["x", _("The chosen coins to the tray"), () => { for (const card of (chosen.cards ?? []).slice(0, 6)) toggleTray(card); }],
  ["Escape", _("Choose nothing"), () => { each((canvas) => { canvas.outline = []; canvas.chosen = -1; }); pick([]); }],
]);

try {
  const { spaces } = await api("/api/spaces"), usable = spaces.filter((space) => space.embedded !== false);
  if (!usable.length) throw Object.assign(new Error(_("No space has vectors yet.")), { cure: _("Make them with `coingraph embed`.") });
  const main = usable.find((space) => space.default) ?? usable[0];
  const names = usable.flatMap((space) => ["obverse", "reverse"].map((face) => [`${space.name}|${face}`, face === "obverse" ? _("{space}, obverse", { space: space.name }) : _("{space}, reverse", { space: space.name })]));
  maps.forEach((map, at) => {
    const wanted = asked.get(at ? "right" : "left") ?? `${main.name}|${at ? "reverse" : "obverse"}`, select = $("select", map.box);
    select.replaceChildren(...names.map(([name, text]) => el("option", { value: name, selected: name === wanted }, text)));
    select.addEventListener("change", () => { load(map, select.value).then(address); });
    load(map, wanted);
  });
  $("#colour").value = chosen.colour;
  groups();
  api("/api/status").then((status) => { whole = status.browser; if (!chosen.ids.size) browserLink(whole); }).catch(() => {});
  if (chosen.ids.size) Promise.resolve().then(() => setTimeout(describe, 400));
} catch (problem) {
  $("#view").hidden = true;
  $("#nothing").hidden = false;
  $("#nothing").replaceChildren(problem.cure ? emptyBox(problem.message, withCode(problem.cure)) : problemBox(problem, () => location.reload()));
}
