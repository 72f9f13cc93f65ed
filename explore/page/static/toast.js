// One message at a time, bottom left, for eight seconds; with what can be done about it.
import { $, _, el } from "/static/base.js";

let undoing = null; // what `z` takes back now
let timer;

/** Says something. `undo` is offered as "Undo" and by the key z; `actions` are [text, act] pairs. */
export function toast(text, { undo, actions = [], bad = false, seconds = 8 } = {}) {
  clearTimeout(timer);
  const box = el("div", { class: `toast ${bad ? "bad" : ""}` }, el("span", {}, text));
  const close = () => { box.remove(); if (undoing === take) undoing = null; };
  const take = undo && (() => { close(); undo(); });
  if (undo) box.append(el("button", { class: "link", type: "button", onclick: take }, _("Undo"), " ", el("kbd", {}, "z")));
  for (const [name, act] of actions) box.append(el("button", { class: "link", type: "button", onclick: () => { close(); act(); } }, name));
  undoing = take ?? null;
  $("#toasts").replaceChildren(box);
  timer = setTimeout(() => box.remove(), seconds * 1000); // z still takes it back: only the words go
  return close;
}

/** Takes the last verdict back, if there is one. */
export const undoLast = () => undoing?.();
export const canUndo = () => Boolean(undoing);
