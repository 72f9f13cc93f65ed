// Health: what is wrong with the data, how many, and what to do.
import { $, _, api, el, emptyBox, icon, ngettext, pair, problemBox, state, waiting, withCode } from "/static/explore.js";

const example = (one) => (typeof one === "string" ? el("code", {}, one)
  : el("a", { href: one.href, title: one.name, "aria-label": one.name }, pair(one, { shape: "s72" })));

const fault = (one) => el("li", { class: "fault" }, icon("warn"), el("b", {}, one.sentence), el("span"),
  el("p", { class: "cure" }, ...(one.cure ? [...withCode(one.cure), " "] : []), one.href ? el("a", { class: "link", href: one.href }, _("See them")) : null),
  one.examples?.length ? el("div", { class: "examples" }, ...one.examples.map(example)) : null);

function show(answer) {
  const { lines, due = [] } = answer;
  $("#told").textContent = lines.length ? ngettext("{count} thing to look at", "{count} things to look at", lines.length) : "";
  const panels = [];
  if (lines.length) panels.push(el("section", { class: "panel" }, el("ul", {}, ...lines.map(fault))));
  if (due.length) {
    panels.push(el("section", { class: "panel", "aria-label": _("Out of date") }, el("header", {}, el("h2", {}, _("Out of date"))),
      el("ul", {}, ...due.map((one) => el("li", { class: "fault" }, icon("turn"), el("span", {}, one.sentence), el("span"),
        one.command ? el("p", { class: "cure" }, ...withCode(_("Run `{command}` in a terminal.", { command: one.command }))) : null)))));
  }
  $("#health").replaceChildren(...(panels.length ? panels : [emptyBox(_("Nothing is wrong"), _("Every photograph was read and cut out, and every step is up to date."), el("a", { class: "btn", href: "/coins" }, _("Coins")))]));
}
async function read() {
  const end = waiting($("#wait"), _("Looking through the collection."));
  try { show(await api("/api/health")); } catch (problem) { $("#health").replaceChildren(problemBox(problem, read)); }
  end();
}
if (state?.lines) show(state); else read();
