// The tray: up to six coins that go along from view to view, to be compared.
import { $, _, el, icon, ngettext } from "/static/base.js";
import { pair } from "/static/coins-parts.js";
import { addKeys } from "/static/keys.js";
import { toast } from "/static/toast.js";

const KEPT = "coingraph.tray";
const MOST = 6;
let coins = JSON.parse(localStorage.getItem(KEPT) ?? "[]");

export const onTray = (id) => coins.some((coin) => coin.id === id);
export const trayCoins = () => coins;
export const compareHref = (ids) => `/compare?coins=${ids.map((id) => encodeURIComponent(id).replaceAll("%2F", "/")).join(",")}`;

function store(next) {
  coins = next;
  localStorage.setItem(KEPT, JSON.stringify(coins));
  show();
  document.dispatchEvent(new CustomEvent("tray"));
}

/** Puts a coin on the tray, or takes it away; true where it lies there now. */
export function toggleTray(card) {
  if (onTray(card.id)) store(coins.filter((coin) => coin.id !== card.id));
  else if (coins.length >= MOST) toast(_("The tray holds six coins. Take one away first."));
  else store([...coins, { id: card.id, name: card.name, href: card.href, pictures: card.pictures }]);
  return onTray(card.id);
}
export const emptyTray = () => store([]);

function show() {
  const dock = $("#dock");
  dock.hidden = !coins.length;
  dock.replaceChildren(
    el("ul", {}, ...coins.map((coin) => el("li", {}, el("button", {
      type: "button", title: _("Take {coin} away", { coin: coin.name }), "aria-label": _("Take {coin} away", { coin: coin.name }), onclick: () => toggleTray(coin),
    }, pair(coin, { shape: "s72" }))))),
    el("span", { class: "quiet wide" }, ngettext("{count} on the tray", "{count} on the tray", coins.length)),
    el("a", { class: "btn primary", href: compareHref(coins.map((coin) => coin.id)) }, _("Compare"), el("kbd", {}, "c")),
    el("button", { class: "iconbtn", type: "button", "aria-label": _("Empty the tray"), title: _("Empty the tray"), onclick: emptyTray }, icon("cross")));
}

addEventListener("storage", (event) => {
  if (event.key !== KEPT) return;
  coins = JSON.parse(event.newValue ?? "[]");
  show();
  document.dispatchEvent(new CustomEvent("tray"));
});
addKeys([["c", _("Compare what lies on the tray"), () => {
  if (coins.length > 1) location.href = compareHref(coins.map((coin) => coin.id));
  else toast(_("Put two coins on the tray first, by x."));
}]], _("Everywhere"));
show();
