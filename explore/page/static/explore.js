// The frame of every page, and one address for what the views share:
//   base.js         _, ngettext, number, decimal, moment, $, $$, el, icon, sentence, api, Failure, latest, rested, state,
//                   coinApi, params, setParams, browserLink, waiting, problemBox, emptyBox, withCode
//   coins-parts.js  FACES, faceName, factsLine, typeLines, typeText, initials, chance, probabilityWord, disc, pair, outlineOf,
//                   chip, legendLines, cardLabel, coinCard, track, ruler, setRuler
//   deciding.js     decide, takeBack        toast.js  toast, undoLast
//   tray.js         toggleTray, onTray, trayCoins, compareHref        keys.js  addKeys
import { $, _ } from "/static/base.js";
import { addKeys } from "/static/keys.js";
import { toast, undoLast, canUndo } from "/static/toast.js";

export * from "/static/base.js";
export * from "/static/coins-parts.js";
export * from "/static/deciding.js";
export * from "/static/keys.js";
export * from "/static/toast.js";
export * from "/static/tray.js";

// light and dark: the system's, until the reader chooses
$("#theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
});

// the collection goes along to the other views; elsewhere the view starts anew with it
$("#collection").addEventListener("change", (event) => {
  const chosen = event.target.value;
  const path = ["coin", "compare", "verdicts", "add", "health", "community"].includes(document.body.dataset.view) ? "/coins" : location.pathname;
  const query = path === location.pathname ? new URLSearchParams(location.search) : new URLSearchParams();
  query.delete("collection");
  if (chosen) query.set("collection", chosen);
  location.href = query.size ? `${path}?${query}` : path;
});

const top = $(".top"), opener = $(".opensearch"), field = $("#search");
field.value = new URLSearchParams(location.search).get("q") ?? "";
opener.addEventListener("click", () => {
  opener.setAttribute("aria-expanded", String(top.classList.toggle("searching")));
  if (top.classList.contains("searching")) field.focus();
});
field.addEventListener("blur", () => setTimeout(() => {
  top.classList.remove("searching");
  opener.setAttribute("aria-expanded", "false");
}, 150));

const more = $("#moresheet");
$("#more").addEventListener("click", () => more.showModal());
more.addEventListener("click", (event) => { if (event.target === more || event.target.closest("[data-close]")) more.close(); });

addKeys([["z", _("Undo the last verdict"), () => (canUndo() ? undoLast() : toast(_("Nothing to undo here. Verdicts has the whole list.")))]], _("Everywhere"));
