// What every module stands on: words, elements, the server, the address.

// ---- words: the English sentence is the key; the catalogue gives it in the reader's language ----
const catalogue = await fetch("/words.json").then((r) => (r.ok ? r.json() : {})).catch(() => ({}));
const language = document.documentElement.lang || "en";
const plural = new Intl.PluralRules(language);
const forms = plural.resolvedOptions().pluralCategories;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));

/** The text in the reader's language, with {name} filled in. */
export function _(text, values = {}) {
  const found = catalogue[text];
  return fill(typeof found === "string" && found ? found : text, values);
}

/** The form for `count`; {count} is filled in as well. */
export function ngettext(one, many, count, values = {}) {
  const found = catalogue[one];
  const index = forms.indexOf(plural.select(count));
  const text = (Array.isArray(found) && (found[index] ?? found.at(-1))) || (count === 1 ? one : many);
  return fill(text, { count: number(count), ...values });
}

const whole = new Intl.NumberFormat(language);
/** 12345 as "12,345"; an unknown number is a dash. */
export const number = (n) => (n === null || n === undefined ? "–" : whole.format(n));
export const decimal = (n, digits) => (n === null || n === undefined ? "–" : n.toFixed(digits));

const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "long" });
const dayOfYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
/** A moment as people say it: today 14:02, yesterday, 12 March. */
export function moment(text) {
  if (!text) return "–";
  const at = new Date(text.replace(/\[.*\]$/, "")), now = new Date(); // Neo4j writes the zone's name behind
  if (Number.isNaN(at.getTime())) return text;
  const days = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0) return _("today {time}", { time: clock.format(at) });
  if (days === 1) return _("yesterday {time}", { time: clock.format(at) });
  return (at.getFullYear() === now.getFullYear() ? day : dayOfYear).format(at);
}

// ---- elements ----
export const $ = (query, root = document) => root.querySelector(query);
export const $$ = (query, root = document) => [...root.querySelectorAll(query)];

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = new Set(["svg", "use", "path", "rect", "line", "circle", "polygon", "text", "g", "title"]);

/** A year as the catalogue writes it. */
export const yearText = (year) => (year < 0 ? _("{year} BC", { year: -Math.round(year) }) : _("AD {year}", { year: Math.round(year) }));

/** An element: el("p", {class: "quiet", onclick}, "text", child). Text is never read as HTML; null children are left out. */
export function el(tag, attributes = {}, ...children) {
  const made = SHAPES.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(made.dataset, value);
    else if (value === true) made.setAttribute(name, "");
    else made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** A sign of the sprite in templates/icons.html. */
export const icon = (name) => el("svg", { class: "icon", "aria-hidden": "true" }, el("use", { href: `#i-${name}` }));

/** A sentence of the catalogue whose {names} are elements: sentence("Without {name} …", {name: el("b", …)}). */
export function sentence(text, parts) {
  return text.split(/(\{\w+\})/).map((piece) => parts[piece.slice(1, -1)] ?? piece).filter((piece) => piece !== "");
}

// ---- the server ----
/** What the server said when it could not: `message` says what, `cure` what to do; status 0 is no answer at all. */
export class Failure extends Error {
  constructor(status, answer) {
    const told = answer?.error ?? {};
    super(told.message ?? _("The page's program does not answer."));
    Object.assign(this, { status, answer, code: told.code ?? "no-answer" });
    this.cure = told.cure ?? (status ? null : _("Start it again with `coingraph explore`."));
  }
  get away() { return this.status === 0 || this.status === 503; }
}

/** JSON from the server. Throws Failure, or AbortError where the signal ended it. */
export async function api(path, { method = "GET", body, signal, keepalive } = {}) {
  const asked = { method, signal, keepalive, headers: {} };
  if (body !== undefined) {
    asked.body = JSON.stringify(body);
    asked.headers["Content-Type"] = "application/json";
  }
  let answer;
  try {
    answer = await fetch(path, asked);
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new Failure(0);
  }
  const read = await answer.json().catch(() => null);
  if (!answer.ok) throw new Failure(answer.status, read);
  return read;
}

/** Wraps a question that is asked again and again: an earlier one still under way is dropped. */
export function latest(ask) {
  let running;
  return async (...given) => {
    running?.abort();
    const mine = (running = new AbortController());
    try {
      const answer = await ask(...given, mine.signal);
      return mine.signal.aborted ? undefined : answer;
    } catch (problem) {
      if (problem.name === "AbortError" || mine.signal.aborted) return undefined;
      throw problem;
    }
  };
}

/** Waits until nothing was asked for `ms`, then does it. */
export function rested(act, ms = 120) {
  let timer;
  return (...given) => { clearTimeout(timer); timer = setTimeout(act, ms, ...given); };
}

/** The view's first content, which came with the page. */
export const state = JSON.parse($("#state")?.textContent ?? "null");

export const coinApi = (id) => `/api/coins/${encodeURIComponent(id)}`;

// ---- the address ----
export const params = () => new URLSearchParams(location.search);
/** Writes the query of the address, by replacing (filters) or by adding to the history. */
export function setParams(wanted, { push = false } = {}) {
  const query = wanted.toString().replaceAll("%2C", ",").replaceAll("%2F", "/");
  const to = location.pathname + (query ? `?${query}` : "");
  if (to === location.pathname + location.search) return;
  history[push ? "pushState" : "replaceState"](history.state, "", to);
}

/** The button that opens a result in Neo4j Browser; hidden where there is no address. */
export function browserLink(address) {
  const link = $("#browser");
  link.hidden = !address;
  if (address) link.href = address;
}

// ---- waiting, and what went wrong ----
/** After 400 ms `place` says what is waited for, after 2 s for how long. Returns what ends it. */
export function waiting(place, text) {
  const begun = performance.now();
  let timer = setTimeout(function tell() {
    const seconds = Math.round((performance.now() - begun) / 1000);
    place.textContent = seconds < 2 ? text : _("{what} {seconds} s so far.", { what: text, seconds });
    timer = setTimeout(tell, 1000);
  }, 400);
  return () => { clearTimeout(timer); place.textContent = ""; };
}

/** A text in which `commands` stand in code type. */
export const withCode = (text) => text.split(/(`[^`]+`)/).map((piece) => (piece.startsWith("`") && piece.length > 2 ? el("code", {}, piece.slice(1, -1)) : piece));

/** The box that names the thing, the cause and the cure; `again` is offered as "Try again". */
export function problemBox(problem, again) {
  const cure = problem.cure ? withCode(problem.cure) : [];
  return el("div", { class: "error", role: "alert" }, icon("warn"), el("div", {},
    el("b", {}, problem.message),
    el("p", {}, ...cure, again ? " " : "", again ? el("button", { class: "link", type: "button", onclick: again }, _("Try again")) : null)));
}

const empty = (title, text, ...actions) => el("div", { class: "empty" },
  el("svg", { viewBox: "0 0 120 60", "aria-hidden": "true" },
    el("circle", { cx: 34, cy: 30, r: 24, "stroke-dasharray": "4 4" }), el("circle", { cx: 86, cy: 30, r: 24, "stroke-dasharray": "4 4" })),
  el("h2", {}, title), el("p", {}, ...[text].flat()), actions.length ? el("div", { class: "row" }, ...actions) : null);

/** What every view says while the graph is empty: how the first coins come in. */
export const noCoins = () => empty(_("No coins yet"), withCode(_("Bring a folder of photographs in by one command in a terminal: `coingraph run FOLDER`. When it has ended, load this page again.")), el("a", { class: "btn primary", href: "/coins" }, _("Load again")));

/** What stands where there is nothing: what to do next. */
export const emptyBox = (title, text, ...actions) => (document.body.dataset.coins === "0" ? noCoins() : empty(title, text, ...actions));
