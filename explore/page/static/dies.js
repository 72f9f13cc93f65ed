// Types and their dies: how many coins, how many dies, and how many there were by estimate.
import { $, _, api, el, emptyBox, ngettext, number, params, problemBox, rested, setParams, state as first, withCode } from "/static/base.js";
import { typeLines, typeText } from "/static/coins-parts.js";

const SHOWN = 300;
let types = [];

function row(one) {
  return el("tr", {}, el("td", {}, el("a", { class: "legend", href: one.href }, ...typeLines(one.type).map((line) => el("span", {}, line)))),
    el("td", { class: "number" }, number(one.coins)), ...[one.obverse_dies, one.reverse_dies, one.links].map((n) => el("td", { class: "number" }, number(n || null))),
    el("td", { class: "small quiet" }, ["obverse", "reverse"].map((face) => estimate(one.estimate?.[face], face)).filter(Boolean).join("; ")));
}

function estimate(found, face) {
  if (!found) return "";
  const [dies, low, high] = [found.dies, found.low, found.high].map((value) => (value === null ? null : number(Math.round(value)))), values = { dies, low, high };
  if (high === null) return face === "obverse" ? _("{low} obverse or more", values) : _("{low} reverse or more", values);
  if (dies === null) return face === "obverse" ? _("{low} to {high} obverse", values) : _("{low} to {high} reverse", values);
  return face === "obverse" ? _("{dies} obverse ({low} to {high})", values) : _("{dies} reverse ({low} to {high})", values);
}

function show() {
  const wanted = $("#find").value.trim().toLowerCase();
  const found = types.filter((one) => !wanted || typeText(one.type).toLowerCase().includes(wanted));
  $("#types").hidden = !found.length;
  $("#types").classList.toggle("undied", !types.some((one) => one.links));
  $("#types tbody").replaceChildren(...found.slice(0, SHOWN).map(row));
  $("#more").textContent = found.length > SHOWN ? ngettext("{count} more: narrow the search", "{count} more: narrow the search", found.length - SHOWN) : found.length ? "" : _("No type has these letters.");
  const query = params();
  if (wanted) query.set("find", wanted);
  else query.delete("find");
  setParams(query);
}

function take(answer) {
  types = answer.types ?? [];
  $("#claims").textContent = (answer.claims ?? []).join(" ");
  if (!types.length) {
    $("#panel").replaceWith(emptyBox(_("No types are known yet."), withCode(_("Tables and folders name them, and `coingraph propose` proposes some."))));
    return;
  }
  if (answer.missing) $("#claims").replaceChildren(...withCode(_("No dies are known yet. Find them with `{command}`.", { command: answer.missing.command })));
  $("#find").value = params().get("find") ?? "";
  show();
}

$("#find").addEventListener("input", rested(show));
if (first?.types) take(first);
else api(`/api/dies${location.search}`).then(take, (problem) => $("#panel").replaceChildren(problemBox(problem, () => location.reload())));
