// Add: what is this photograph? Its outline, its likely type and relatives; then it joins a collection, or not.
import { $, $$, FACES, Failure, _, api, chip, decimal, el, emptyBox, icon, legendLines, ngettext, noCoins, pair, problemBox, typeLines, typeText, waiting } from "/static/explore.js";

const files = {};
let ticket = null, round = 0;

async function upload() {
  const form = new FormData(), mine = (round += 1);
  for (const face of FACES) if (files[face]) form.append(face, files[face]);
  if (![...form.keys()].length) return;
  leave();
  const end = waiting($("#wait"), _("Cutting the coin out and looking for relatives."));
  try {
    const answer = await fetch("/api/photographs", { method: "POST", body: form, headers: { "X-Coingraph": "1" } }).catch(() => { throw new Failure(0); });
    const read = await answer.json().catch(() => null);
    if (!answer.ok) throw new Failure(answer.status, read);
    if (mine !== round) { ticket = read.ticket; leave(); return; } // another photograph came meanwhile
    show(read);
  } catch (problem) {
    if (mine === round) $("#found").replaceChildren(problemBox(problem, upload));
  } finally {
    end();
  }
}

function showSide(face, side) {
  const box = $(`.drop[data-face="${face}"]`);
  $$("img, svg", box).forEach((old) => old.remove());
  const { width, height } = side;
  box.append(el("img", { src: side.picture, alt: face === "obverse" ? _("The obverse you dropped") : _("The reverse you dropped") }));
  if (side.outline?.length) {
    box.append(el("svg", { class: "rimbox", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
      el("polygon", { class: "rim", points: side.outline.map(([x, y]) => `${(x * width).toFixed(1)},${(y * height).toFixed(1)}`).join(" ") })));
  }
  $(".hint", box).hidden = true;
}

function show(answer) {
  ({ ticket } = answer);
  const sides = Object.entries(answer.sides).filter(([, side]) => side);
  for (const [face, side] of sides) showSide(face, side);
  const known = sides.map(([, side]) => side.known).find(Boolean);
  const name = el("input", { class: "field", name: "name", value: answer.name ?? null, required: true });
  const collection = el("input", { class: "field", name: "collection", list: "collections", value: document.body.dataset.collection || answer.relatives[0]?.card.collection || answer.collections[0] || null, required: true });
  const type = el("input", { class: "field", name: "type", placeholder: _("none yet: propose it later"), value: null });
  const problem = el("div");
  const form = el("form", { class: "panel" }, el("header", {}, el("h2", {}, _("Add it to a collection"))),
    el("div", { class: "addform" },
      el("label", {}, _("Collection"), collection, el("datalist", { id: "collections" }, ...answer.collections.map((one) => el("option", { value: one })))),
      el("label", {}, _("Name or number"), name), el("label", {}, _("Type"), type), problem,
      el("div", { class: "row" }, el("button", { class: "btn primary", type: "submit" }, _("Add")), el("button", { class: "btn", type: "button", onclick: () => { leave(); clear(); } }, _("Leave it")))));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = $("button[type=submit]", form);
    button.disabled = true;
    const end = waiting($("#wait"), _("Adding the coin."));
    try {
      const done = await api("/api/add", { method: "POST", body: { ticket, collection: collection.value.trim(), name: name.value.trim(), type: type.value.trim() || null, fields: {} } });
      ticket = null;
      location.href = done.card.href;
    } catch (failure) {
      button.disabled = false;
      problem.replaceChildren(problemBox(failure));
    } finally {
      end();
    }
  });
  const likely = answer.likely.map((one) => el("li", {},
    el("div", { class: "legend" }, ...typeLines(one.type).map((text) => el("div", {}, text))),
    el("span", { class: "row" }, el("b", {}, decimal(one.probability ?? one.share, 2)), el("button", { class: "btn", type: "button", onclick: () => { type.value = one.type.name ?? typeText(one.type); type.focus(); } }, _("Take it")))));
  const near = answer.relatives.map((row) => el("li", {}, el("a", { href: row.card.href, "aria-label": _("Open {coin}", { coin: row.card.name }) }, pair(row.card, { shape: "s136" })),
    el("div", {}, el("span", { class: "row" }, el("a", { class: "strong", href: row.card.href }, row.card.name), chip(row.card)), legendLines(row.card), el("p", { class: "small quiet" }, cosines(row)))));
  $("#found").replaceChildren(
    ...(known ? [el("p", { class: "error" }, icon("differ"), el("span", {}, _("This photograph is in the graph already: "), el("a", { class: "link", href: known.href }, known.name)))] : []),
    el("div", { class: "foundgrid" },
      el("section", { class: "panel", "aria-label": _("Relatives") }, el("header", {}, el("h2", {}, _("Relatives")), el("span", { class: "small quiet" }, ngettext("{count} nearest", "{count} nearest", near.length))),
        near.length ? el("ul", { class: "near" }, ...near) : emptyBox(_("No relatives"), _("Nothing in the graph is near enough."))),
      el("div", {}, form, el("section", { class: "panel", "aria-label": _("Likely types") }, el("header", {}, el("h2", {}, _("Likely types"))),
        likely.length ? el("ul", { class: "likely" }, ...likely) : el("p", { class: "addform quiet" }, _("No type is likely enough."))))));
}

const cosines = (row) => FACES.filter((face) => row.faces?.[face]).map((face) => (face === "obverse" ? _("obverse: cosine {cosine}", { cosine: decimal(row.faces[face].cosine, 3) }) : _("reverse: cosine {cosine}", { cosine: decimal(row.faces[face].cosine, 3) }))).join(" · ");

/** Drops what was uploaded: nothing of it stays on the disk. */
function leave() {
  if (ticket) api(`/api/photographs/${encodeURIComponent(ticket)}/discard`, { method: "POST", body: {}, keepalive: true }).catch(() => null);
  ticket = null;
}
function clear() {
  for (const face of FACES) delete files[face];
  $("#drops").reset();
  $$(".drop img, .drop svg").forEach((old) => old.remove());
  $$(".drop .hint").forEach((hint) => { hint.hidden = false; });
  $("#found").replaceChildren();
}
addEventListener("pagehide", leave);

if (document.body.dataset.coins === "0") $("#drops").replaceWith(noCoins()); // one coin joins others, and is seen by their vectors
for (const box of $$(".drop")) {
  const { face } = box.dataset, input = $("input", box);
  const take = (chosen) => { if (chosen) { files[face] = chosen; upload(); } };
  input.addEventListener("change", () => take(input.files[0]));
  box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("over"); });
  box.addEventListener("dragleave", () => box.classList.remove("over"));
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("over");
    const dropped = [...event.dataTransfer.files];
    if (dropped.length === 2) [files.obverse, files.reverse] = dropped.sort((a, b) => a.name.localeCompare(b.name)); // both at once, in the order of their names
    else [files[face]] = dropped;
    upload();
  });
}
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault()); // a file beside the field must not leave the page
