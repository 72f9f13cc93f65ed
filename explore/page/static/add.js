// Add: what is this photograph? Its outline, its likely type and relatives; then it joins a collection, or not.
import { $, $$, FACES, Failure, _, api, chip, decimal, el, emptyBox, faceName, icon, legendLines, ngettext, noCoins, pair, problemBox, rested, typeLines, typeText, waiting } from "/static/explore.js";
import { rim } from "/static/rim.js";

const files = {}, drawn = {}; // by side: the photograph, and the outline that a person drew on it
let ticket = null, round = 0, due = false; // due: the whole answer is still to be shown

/** Sends the photographs, and shows what they show; `redrawn` is the side whose outline alone is another. */
async function upload(redrawn = null) {
  const form = new FormData(), mine = (round += 1);
  for (const face of FACES) if (files[face]) form.append(face, files[face]);
  if (![...form.keys()].length) return;
  for (const face of FACES) if (drawn[face]) form.append(`${face}_outline`, JSON.stringify(drawn[face]));
  leave();
  due ||= !redrawn;
  const end = waiting($("#wait"), _("Cutting the coin out and looking for relatives."));
  try {
    const answer = await fetch("/api/photographs", { method: "POST", body: form, headers: { "X-Coingraph": "1" } }).catch(() => { throw new Failure(0); });
    const read = await answer.json().catch(() => null);
    if (!answer.ok) throw new Failure(answer.status, read);
    if (mine !== round) { leave(read.ticket); return; } // another photograph or outline came meanwhile
    ({ ticket } = read);
    if (due) showAll(read);
    else show(read, redrawn);
    due = false;
  } catch (problem) {
    if (mine === round) $("#found").replaceChildren(problemBox(problem, () => upload()));
  } finally {
    end();
  }
}
const redraw = rested(upload, 500);

function showSide(face, side) {
  const box = $(`.drop[data-face="${face}"]`);
  $$("img, svg", box).forEach((old) => old.remove());
  const name = face === "obverse" ? _("Outline of the obverse") : _("Outline of the reverse");
  box.append(el("img", { src: side.picture, alt: face === "obverse" ? _("The obverse you dropped") : _("The reverse you dropped") }));
  box.append(rim(side, name, (outline) => {
    $("#found [type=submit]")?.setAttribute("disabled", ""); // what is added is what is seen
    round += 1;
    drawn[face] = outline;
    redraw(face);
  }));
  $(".hint", box).hidden = true;
}

/** What follows from an outline that was drawn, or taken back. */
function show(answer, face) {
  $("#found .rims").replaceWith(letters(answer));
  $("#found .nearest").replaceWith(relatives(answer));
  $("#found .votes").replaceWith(types(answer));
  $("#found [type=submit]").disabled = false;
  if (drawn[face]) return;
  showSide(face, answer.sides[face]);
  $(`.drop[data-face="${face}"] .rim`).focus();
}

function showAll(answer) {
  const sides = Object.entries(answer.sides).filter(([, side]) => side);
  for (const [face, side] of sides) showSide(face, side);
  $("#outlines").hidden = false;
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
  $("#found").replaceChildren(
    ...(known ? [el("p", { class: "error" }, icon("differ"), el("span", {}, _("This photograph is in the graph already: "), el("a", { class: "link", href: known.href }, known.name)))] : []),
    letters(answer), el("div", { class: "foundgrid" }, relatives(answer), el("div", {}, form, types(answer))));
}

/** What is read around the rims; a point stands for a letter that is not sure. */
function letters(answer) {
  const lines = FACES.filter((face) => answer.sides[face]?.read).map((face) => el("p", {}, `${faceName(face)} `, el("span", { class: "legend" }, answer.sides[face].read), " ", el("span", { class: "small quiet" }, _("read"))));
  return el("div", { class: "rims" }, ...lines);
}

function relatives(answer) {
  const near = answer.relatives.map((row) => el("li", {}, el("a", { href: row.card.href, "aria-label": _("Open {coin}", { coin: row.card.name }) }, pair(row.card, { shape: "s136" })),
    el("div", {}, el("span", { class: "row" }, el("a", { class: "strong", href: row.card.href }, row.card.name), chip(row.card)), legendLines(row.card), el("p", { class: "small quiet" }, cosines(row)))));
  return el("section", { class: "panel nearest", "aria-label": _("Relatives") }, el("header", {}, el("h2", {}, _("Relatives")), el("span", { class: "small quiet" }, ngettext("{count} nearest", "{count} nearest", near.length))),
    near.length ? el("ul", { class: "near" }, ...near) : emptyBox(_("No relatives"), _("Nothing in the graph is near enough.")));
}

function types(answer) {
  const take = (one) => { const field = $("#found [name=type]"); field.value = one.name ?? typeText(one); field.focus(); };
  const likely = answer.likely.map((one) => el("li", {},
    el("div", { class: "legend" }, ...typeLines(one.type).map((text) => el("div", {}, text))),
    el("span", { class: "row" }, el("b", {}, decimal(one.probability ?? one.share, 2)), el("button", { class: "btn", type: "button", onclick: () => take(one.type) }, _("Take it")))));
  return el("section", { class: "panel votes", "aria-label": _("Likely types") }, el("header", {}, el("h2", {}, _("Likely types"))),
    likely.length ? el("ul", { class: "likely" }, ...likely) : el("p", { class: "addform quiet" }, _("No type is likely enough.")));
}

const cosines = (row) => FACES.filter((face) => row.faces?.[face]).map((face) => (face === "obverse" ? _("obverse: cosine {cosine}", { cosine: decimal(row.faces[face].cosine, 3) }) : _("reverse: cosine {cosine}", { cosine: decimal(row.faces[face].cosine, 3) }))).join(" · ");

/** Drops what was uploaded: nothing of it stays on the disk. */
function leave(left = ticket) {
  if (left) api(`/api/photographs/${encodeURIComponent(left)}/discard`, { method: "POST", body: {}, keepalive: true }).catch(() => null);
  if (left === ticket) ticket = null;
}
function clear() {
  for (const face of FACES) { delete files[face]; delete drawn[face]; }
  $("#drops").reset();
  $$(".drop img, .drop svg").forEach((old) => old.remove());
  $$(".drop .hint").forEach((hint) => { hint.hidden = false; });
  $("#found").replaceChildren();
  $("#outlines").hidden = true;
}
addEventListener("pagehide", () => leave());

if (document.body.dataset.coins === "0") $("#drops").replaceWith(noCoins()); // one coin joins others, and is seen by their vectors
for (const box of $$(".drop")) {
  const { face } = box.dataset, input = $("input", box);
  const take = (chosen) => { if (chosen) { files[face] = chosen; delete drawn[face]; upload(); } };
  input.addEventListener("change", () => take(input.files[0]));
  box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("over"); });
  box.addEventListener("dragleave", () => box.classList.remove("over"));
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("over");
    const dropped = [...event.dataTransfer.files];
    if (dropped.length === 2) [files.obverse, files.reverse] = dropped.sort((a, b) => a.name.localeCompare(b.name)); // both at once, in the order of their names
    else [files[face]] = dropped;
    for (const one of dropped.length === 2 ? FACES : [face]) delete drawn[one];
    upload();
  });
}
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault()); // a file beside the field must not leave the page
