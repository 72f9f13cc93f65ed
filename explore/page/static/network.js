// Network: coins as pictures, their links above a threshold that is dragged, and what hangs together.
import { $, _, api, browserLink, decimal, el, emptyBox, icon, ngettext, number, params, problemBox, rested, setParams, waiting, withCode } from "/static/base.js";
import { addKeys } from "/static/keys.js";
import { COLOURS, GREY, PictureCanvas } from "/static/canvas.js";
import { Edges } from "/static/edges.js";
import { Folding } from "/static/folding.js";
import { Inspector } from "/static/inspector.js";
import { COIN, spread, spreadFolds } from "/static/layout.js";
import { commonest, grouped, nodesOf, property } from "/static/places.js";

const BARS = 80, LISTED = 10;
const asked = params(), slider = $("#slider");
const net = { answer: null, edges: null, canvas: null, count: 0, step: null, values: [], groups: [], only: null, to: null, path: [], side: asked.get("side") === "reverse" ? 1 : 0 };

async function load() {
  const query = new URLSearchParams({ face: asked.get("face") ?? "both" });
  for (const name of ["space", "collection"]) if (asked.get(name)) query.set(name, asked.get(name));
  const done = waiting($("#wait"), _("Laying out the network …"));
  try {
    let answer = await api(`/api/network?${query}`);
    while (answer.working) {
      await new Promise((go) => { setTimeout(go, 1000); });
      answer = await api(`/api/network?${query}`);
    }
    take(answer);
  } catch (problem) {
    nothing(problemBox(problem, () => location.reload()));
  } finally {
    done();
  }
}

function nothing(box) {
  $("#view").hidden = true;
  $("#nothing").hidden = false;
  $("#nothing").replaceChildren(box);
}

function take(answer) {
  if (answer.missing || !answer.ids?.length) {
    nothing(emptyBox(_("No coins are linked yet."), withCode(answer.missing?.command ? _("Make the links with `{command}`.", { command: answer.missing.command }) : _("Make the links with `coingraph link`."))));
    return;
  }
  net.answer = answer;
  net.edges = new Edges({ a: answer.first, b: answer.second, percentile: answer.percentile, cosine: answer.cosine, one: answer.same.map((v) => (v === 1 ? 1 : 0)) }, answer.ids.length);
  Object.assign(answer, answer.folded ? spreadFolds(answer.x, answer.y, answer.community, answer.folds) : spread(answer.x, answer.y));
  const nodes = nodesOf(answer, net.side, () => net.canvas?.draw());
  net.canvas = new PictureCanvas($("#canvas"), nodes, {
    choose: chosen, lasso: lassoed, hover: hovered, moved: rested(address, 150), neighbours: (i) => net.edges.of(i, net.count).map(([other]) => other),
  });
  net.canvas.size = COIN;
  net.folding = answer.folded ? new Folding(answer, net.edges) : null;
  net.inspector = new Inspector($("#inspector"), net, { go: (i) => net.canvas.choose(i), close: () => net.canvas.choose(-1), path: startPath });
  room();
  histogram();
  $("#face").value = answer.face ?? "both";
  colourBy();
  const at = Number(asked.get("percentile")) || answer.advised || net.edges.percentile.at(-1);
  slider.value = positionOf(at);
  threshold(net.edges.atLeast(at), at);
  net.canvas.look(asked.get("at"));
  const coin = answer.ids.indexOf(asked.get("coin"));
  if (coin >= 0) net.canvas.choose(coin);
  if (answer.advised) {
    $("#advised").hidden = false;
    $("#advised").textContent = _("sweep advises {percentile}", { percentile: decimal(answer.advised, 1) });
    $("#advised").onclick = () => { slider.value = positionOf(answer.advised); threshold(net.edges.atLeast(answer.advised), answer.advised); address(); };
  }
}

/** The part of the canvas that no panel covers. */
function room() {
  const narrow = innerWidth <= 760;
  net.canvas.free = narrow ? { left: 8, right: 8, top: 60, bottom: $(".threshold").offsetHeight + 16 }
    : { left: $(".threshold").offsetWidth + 32, right: innerWidth > 1000 ? 328 : 16, top: 16, bottom: 64 };
}

// ---- the threshold: the slider's axis is the cosine, and every number is counted over the edges that are here ----
function histogram() {
  const { least, width, all, one } = (net.bars = net.edges.histogram(BARS));
  const most = Math.log1p(Math.max(...all)), tall = (v) => (v ? Math.max(1.5, (Math.log1p(v) / most) * 60) : 0);
  const bar = (name, v, at) => el("rect", { class: name, x: at * 3.5, y: 63 - tall(v), width: 2.8, height: tall(v), data: { at } });
  $("#histogram").replaceChildren(...[...all].map((v, at) => bar("all", v, at)), ...[...one].map((v, at) => bar("one", v, at)));
  net.cosineAt = (position) => least + (position / slider.max) * width * BARS;
  net.falling = net.edges.falling();
}

/** How many edges stand right of a position of the slider. */
function countAt(position) {
  if (Number(position) <= 0) return net.edges.count;
  const cosine = net.cosineAt(position);
  let low = 0, high = net.edges.count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (net.falling[middle] >= cosine) low = middle + 1;
    else high = middle;
  }
  // All edges of one percentile come together.
  return low ? net.edges.atLeast(net.edges.percentile[low - 1]) : 0;
}
function positionOf(percentile) {
  const count = net.edges.atLeast(percentile), { least, width } = net.bars;
  if (!count) return slider.max;
  return Math.floor(((net.falling[count - 1] - least) / (width * BARS)) * slider.max);
}

function threshold(count, exact = null) {
  net.count = count;
  const percentile = exact ?? (count ? net.edges.percentile[count - 1] : 100), { edges, reached, parts } = net.edges.counts(count);
  net.percentile = percentile;
  const share = 100 - percentile;
  $("#share").textContent = share.toFixed(share < 1 ? 2 : 1);
  $("#percentile").textContent = percentile.toFixed(2);
  $("#cosine").textContent = count ? decimal(net.falling[count - 1], 3) : "–";
  $("#edges").textContent = number(edges);
  $("#reached").textContent = number(reached);
  $("#parts").textContent = number(parts);
  slider.setAttribute("aria-valuetext", _("percentile {percentile}: {edges} edges, {reached} coins, {parts} parts", { percentile: percentile.toFixed(2), edges, reached, parts }));
  const from = (slider.value / slider.max) * BARS;
  for (const bar of $("#histogram").children) bar.classList.toggle("kept", Number(bar.dataset.at) >= Math.floor(from));
  communitiesAt(percentile);
  draw();
}

/** Communities stand at the sweep's steps only: those of the nearest step are shown, with its percentile. */
function communitiesAt(percentile) {
  const { steps = [] } = net.answer;
  const step = steps.reduce((best, one) => (!best || Math.abs(one.percentile - percentile) < Math.abs(best.percentile - percentile) ? one : best), null);
  const here = new Set(net.answer.community.filter((n) => n > 0)).size;
  $("#communities").textContent = number(step ? step.communities : here || null);
  $("#communitiesat").textContent = step && Math.abs(step.percentile - percentile) > 0.005 ? _("communities at {percentile}", { percentile: decimal(step.percentile, 1) }) : _("communities");
  if (step === net.step) return;
  net.step = step;
  if (net.colour === "community") colourBy();
}

function draw() {
  const { canvas, edges, folding } = net;
  const touched = edges.touched(net.count);
  canvas.faint = touched.map((v, i) => (net.only ? Number(!net.only.has(i)) : 1 - v));
  if (folding) Object.assign(canvas, folding.shown(net.count));
  else canvas.edges = { a: edges.a, b: edges.b, count: net.count };
  if (folding) canvas.nodes.weight = folding.weight;
  if (canvas.chosen >= 0) canvas.near = new Set(edges.of(canvas.chosen, net.count).map(([other]) => other));
  canvas.draw();
  tell();
}
const tell = rested(() => { if (net.inspector.shown >= 0) net.inspector.show(net.inspector.shown); }, 150);  // a path or a group stays

// ---- colours and the list of groups ----
function colourBy(name = net.colour ?? asked.get("colour") ?? "community") {
  net.colour = name;
  $("#colour").value = name;
  // A folded network is coloured by the communities that fold, at every threshold.
  const { groups, colour } = grouped(property(net.answer, name, (net.folding ? null : net.step?.community) ?? net.answer.community));
  net.groups = groups;
  net.canvas.colour = colour;
  list();
  net.canvas.draw();
}

function list() {
  const types = property(net.answer, "type"), shown = net.groups.slice(0, LISTED), most = shown[0]?.members.length ?? 1;
  $("#groups").replaceChildren(...shown.map((group, at) => {
    const dot = el("i", {}), share = el("span", { class: "share" });
    dot.style.background = COLOURS[at] ?? COLOURS[GREY];
    share.style.width = `${(100 * group.members.length) / most}%`;
    const name = net.colour === "community" ? commonest(types, group.members)?.value ?? _("community {number}", { number: group.value }) : group.value;
    return el("li", {}, el("button", { type: "button", "aria-pressed": String(net.only === group.set), title: name, onclick: () => only(group) },
      dot, el("span", { class: "cut" }, name), el("span", { class: "n" }, number(group.members.length)), share));
  }));
  const greys = Math.max(0, net.groups.length - LISTED), lone = net.folding?.lone ?? 0;
  $("#greys").textContent = [greys ? ngettext("{count} more, in grey", "{count} more, in grey", greys) : "", lone ? ngettext("{count} coin of no community is not drawn", "{count} coins of no community are not drawn", lone) : ""].filter(Boolean).join("; ");
}

/** One group alone in full strength; once more, all again. A folded community opens. */
function only(group) {
  group.set ??= new Set(group.members);
  net.only = net.only === group.set ? null : group.set;
  if (net.folding && net.colour === "community") net.folding.open(group.value);
  list();
  draw();
  if (net.only) net.canvas.fit(group.members);
  else net.canvas.fit();
}

// ---- a coin, a path, a lasso ----
function chosen(i) {
  if (net.to !== null && i >= 0 && i !== net.to) return endPath(i);
  if (net.folding && i >= 0 && net.folding.closed(i)) { net.folding.open(net.folding.community[i]); draw(); }
  net.canvas.path = [];
  net.to = null;
  net.inspector.said = "";
  net.inspector.show(i);
  address();
  return undefined;
}
function startPath(i) {
  net.to = i;
  net.inspector.note(_("Now choose the other coin: click it, or go there by the arrows and press Enter."));
  $("#canvas").focus();
}
function endPath(i) {
  const from = net.to;
  net.to = null;
  net.canvas.path = net.edges.path(from, i, net.count);
  net.canvas.chosen = i;
  net.inspector.path(from, i, net.canvas.path);
  if (net.canvas.path.length) net.canvas.fit(net.canvas.path);
  net.canvas.draw();
}
function lassoed(rows) {
  lassoing(false);
  net.canvas.selected = new Set(rows);
  if (rows.length) net.inspector.group(rows);
  else net.inspector.show(net.canvas.chosen);
}
function lassoing(on) {
  net.canvas.lassoing = on;
  $("#lasso").setAttribute("aria-pressed", String(on));
  $("#canvas").style.cursor = on ? "crosshair" : "grab";
}

const bubble = el("span", { class: "bubble", hidden: true });
$("#view").append(bubble);
function hovered(i) {
  bubble.hidden = i < 0;
  if (i < 0) return;
  const [x, y] = net.canvas.at(i), type = property(net.answer, "type")[i];
  bubble.textContent = type ? `${net.answer.names[i]} · ${type}` : net.answer.names[i];
  bubble.style.left = `${Math.min(x + 12, net.canvas.width - 260)}px`;
  bubble.style.top = `${y + net.canvas.radius(i) + 6}px`;
}

function address() {
  const wanted = params();
  const put = (name, value) => (value ? wanted.set(name, value) : wanted.delete(name));
  put("percentile", net.percentile?.toFixed(3));
  put("coin", net.answer.ids[net.canvas.chosen] ?? "");
  put("colour", net.colour === "community" ? "" : net.colour);
  put("side", net.side ? "reverse" : "");
  put("at", net.canvas.where());
  setParams(wanted);
}

function again(name, value) {
  const wanted = params();
  wanted.set(name, value);
  for (const old of ["percentile", "at"]) wanted.delete(old);
  location.search = wanted.toString();
}
function showSide(side) {
  net.side = side;
  const { sprite, address: sharp, mm } = nodesOf(net.answer, side, () => net.canvas.draw());
  Object.assign(net.canvas.nodes, { sprite, address: sharp, mm });
  net.canvas.sharp.clear();
  net.canvas.draw();
  address();
}

slider.addEventListener("input", () => threshold(countAt(slider.value)));
slider.addEventListener("change", () => address());
$("#colour").addEventListener("change", (event) => { net.only = null; colourBy(event.target.value); draw(); address(); });
$("#face").addEventListener("change", (event) => again("face", event.target.value));
$("#space").addEventListener("change", (event) => again("space", event.target.value));
$("#lasso").addEventListener("click", () => lassoing(!net.canvas.lassoing));
$("#in").addEventListener("click", () => net.canvas.zoom(1.4));
$("#out").addEventListener("click", () => net.canvas.zoom(1 / 1.4));
$("#fit").addEventListener("click", () => net.canvas.fit());
$("#canvas").addEventListener("keydown", (event) => { if (event.key === "Enter" && net.canvas.chosen >= 0 && net.to === null) net.inspector.open(net.canvas.chosen); });
addEventListener("resize", () => { if (net.canvas) room(); });
addKeys([
  ["w", _("Lasso"), () => lassoing(!net.canvas.lassoing)], ["1", _("Obverses or reverses as pictures"), () => showSide(0)], ["2", _("Obverses or reverses as pictures"), () => showSide(1)],
  ["+", _("Nearer, farther, all"), () => net.canvas.zoom(1.3)], ["-", _("Nearer, farther, all"), () => net.canvas.zoom(1 / 1.3)], ["0", _("Nearer, farther, all"), () => net.canvas.fit()],
  ["x", _("The chosen coin to the tray"), () => net.inspector.tray(net.canvas.chosen)], ["Escape", _("Let go of coin, path and lasso"), () => {
    Object.assign(net.canvas, { path: [], outline: [], selected: new Set() });
    net.to = null;
    lassoing(false);
    net.canvas.choose(-1);
  }],
]);

api("/api/spaces").then(({ spaces }) => {
  const linked = spaces.filter((space) => space.linked);
  $("#space").replaceChildren(...linked.map((space) => el("option", { value: space.name, selected: space.name === (asked.get("space") ?? linked.find((one) => one.default)?.name) }, space.name)));
}).catch(() => {});
api("/api/status").then((status) => browserLink(status.browser)).catch(() => {});
load();
