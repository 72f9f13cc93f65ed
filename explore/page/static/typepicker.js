// Correcting a type: the known types while one types, or a new one.
import { $, _, api, el, icon, latest, ngettext, problemBox, rested } from "/static/base.js";
import { typeText } from "/static/coins-parts.js";

const found = latest((text, signal) => api(`/api/types?q=${encodeURIComponent(text)}`, { signal }));

/** Asks for a type. Resolves to {type, isNew}, or to null where the reader closed it. */
export function pickType(card) {
  return new Promise((resolve) => {
    let chosen = null;
    const field = el("input", { class: "field", type: "search", autocomplete: "off", "aria-label": _("Type, by its legends or name"), placeholder: _("Obverse legend / reverse legend") });
    const list = el("ul", { "aria-label": _("Known types") });
    const box = el("dialog", { "aria-labelledby": "typetitle" },
      el("header", {}, el("h2", { id: "typetitle" }, _("The type of {coin}", { coin: card.name })), el("button", { class: "btn plain", type: "button", onclick: () => box.close() }, _("Close"))),
      el("div", { class: "typepicker" }, el("label", { class: "search" }, icon("search"), field), list));
    const choose = (type, isNew) => { chosen = { type, isNew }; box.close(); };
    const show = async () => {
      const text = field.value.trim();
      try {
        const answer = await found(text);
        if (!answer) return;
        const known = answer.types.map((type) => el("li", {}, el("button", { type: "button", onclick: () => choose(type.name, false) },
          el("span", { class: "legend" }, typeText(type)), el("span", { class: "count" }, ngettext("{count} coin", "{count} coins", type.coins)))));
        const fresh = text && !answer.types.some((type) => type.name.toLowerCase() === text.toLowerCase())
          ? [el("li", {}, el("button", { type: "button", onclick: () => choose(text, true) }, el("span", {}, _("New type: {type}", { type: text })), icon("plus")))] : [];
        list.replaceChildren(...known, ...fresh);
      } catch (problem) {
        list.replaceChildren(el("li", {}, problemBox(problem, show)));
      }
    };
    field.addEventListener("input", rested(show));
    box.addEventListener("keydown", (event) => {
      const buttons = [...list.querySelectorAll("button")], place = buttons.indexOf(document.activeElement);
      if (event.key === "ArrowDown") { event.preventDefault(); (buttons[place + 1] ?? buttons[0])?.focus(); }
      if (event.key === "ArrowUp") { event.preventDefault(); (buttons[place - 1] ?? field).focus(); }
      if (event.key === "Enter" && document.activeElement === field) { event.preventDefault(); $("button", list)?.click(); }
      if (event.key === "Escape") { event.preventDefault(); box.close(); }
    });
    box.addEventListener("close", () => { box.remove(); resolve(chosen); });
    document.body.append(box);
    box.showModal();
    field.focus();
    show();
  });
}
