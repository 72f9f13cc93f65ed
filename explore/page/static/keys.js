// One keyboard map, the same in every view. Letters do nothing while a field has the focus.
import { $, _, el } from "/static/base.js";

const table = new Map(); // key → {text, act, end, group}
const OFF = "coingraph.letters-off";
const GO = { c: "coins", r: "review", n: "network", m: "map", d: "dies", q: "questions", v: "verdicts", a: "add", h: "health" };

/** Adds keys: [[key, text, act, end?], …]. `key` as KeyboardEvent.key says it ("D" is shift and d); `end` when it is let go.
 *  A view's key goes before the page's own. `text` null keeps it out of the list. */
export function addKeys(keys, group = _("This view")) {
  for (const [key, text, act, end] of keys) table.set(key, { text, act, end, group });
}

const shown = (key) => ({ " ": "space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" })[key]
  ?? (key.length === 1 && key !== key.toLowerCase() ? `⇧${key.toLowerCase()}` : key);

function list() {
  const groups = new Map();
  for (const [key, { text, group }] of table) {
    if (!text) continue;
    const rows = groups.get(group) ?? groups.set(group, new Map()).get(group);
    rows.set(text, [...(rows.get(text) ?? []), key]); // two keys that do the same share a line
  }
  const off = el("input", { type: "checkbox", id: "letters", onchange: (e) => localStorage.setItem(OFF, e.target.checked ? "" : "1") });
  off.checked = !localStorage.getItem(OFF);
  const box = el("dialog", { "aria-labelledby": "keytitle" },
    el("header", {}, el("h2", { id: "keytitle" }, _("Keyboard")), el("button", { class: "btn plain", type: "button", onclick: () => box.close() }, _("Close"), " ", el("kbd", {}, "Esc"))),
    el("div", { class: "keylist" }, ...[...groups].flatMap(([name, rows]) => [el("h3", {}, name),
      ...[...rows].map(([text, keys]) => el("div", {}, el("span", {}, text), el("span", {}, ...keys.flatMap((key) => [el("kbd", {}, shown(key)), " "]))))]),
      el("div", {}, el("span", {}, _("Go to Coins, Review, Network, Map, Dies, Questions, Verdicts, Add, Health")), el("span", {}, ...["g", ...Object.keys(GO)].flatMap((key) => [el("kbd", {}, key), " "])))),
    el("p", { class: "keyfoot" }, el("label", {}, off, " ", _("Letters are keys"))));
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
}

const typing = (target) => target instanceof Element && target.closest("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]");

let going = 0;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const letter = event.key.length === 1;
  if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
  if (typing(event.target) || (letter && $("dialog[open]"))) return;
  if (letter && event.key !== "?" && localStorage.getItem(OFF)) return;
  if (Date.now() - going < 1200 && GO[event.key]) {
    going = 0;
    const collection = document.body.dataset.collection;
    location.href = `/${GO[event.key]}${collection ? `?collection=${encodeURIComponent(collection)}` : ""}`;
    return;
  }
  if (event.key === "g") { going = Date.now(); return; }
  const found = table.get(event.key);
  if (!found || ((event.key === "Enter" || event.key === " ") && event.target.closest?.("button, a, summary"))) return;
  if (event.repeat && found.end) { event.preventDefault(); return; }
  if (found.act(event) !== false) event.preventDefault(); // false: not meant, the browser may have it
});
document.addEventListener("keyup", (event) => table.get(event.key)?.end?.(event));

addKeys([
  ["?", _("This list"), list],
  ["/", _("Search"), () => {
    $(".top").classList.add("searching");
    $("#search").focus();
    $("#search").select();
  }],
], _("Everywhere"));
