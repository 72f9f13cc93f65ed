// Questions: every stored query with a form for what it asks, its answer, and its Cypher to read, change and run.
import { $, $$, _, api, browserLink, el, emptyBox, Failure, latest, ngettext, number, params, problemBox, state as first, withCode } from "/static/base.js";
import { highlighted } from "/static/cypher.js";
import { showGallery, showGraph, showTable } from "/static/results.js";

const name = decodeURIComponent(location.pathname.split("/questions/")[1] ?? "");
const LIMIT = 1000;
const view = { question: null, answer: null, show: ["gallery", "graph"].includes(params().get("show")) ? params().get("show") : "table", own: false };

// ---- the list ----
function list(questions) {
  const groups = new Map();
  for (const one of questions) {
    const group = one.group ?? "";
    groups.set(group, [...(groups.get(group) ?? []), one]);
  }
  $("#list").replaceChildren(...[...groups].flatMap(([group, some]) => [group ? el("h2", {}, group) : null,
    ...some.map((one) => el("a", { href: one.href, "aria-current": one.name === name ? "page" : null, title: one.question ?? null }, ...withCode(one.title)))]).filter(Boolean));
  const current = $("[aria-current]", $("#list"));
  if (current) $("#list").parentElement.scrollTop = Math.max(0, current.offsetTop - 200);
}
$("#find").addEventListener("input", () => {
  const wanted = $("#find").value.trim().toLowerCase();
  for (const link of $$("#list a")) link.hidden = Boolean(wanted) && !`${link.textContent} ${link.title}`.toLowerCase().includes(wanted);
});

// ---- the form ----
function form(question, known) {
  view.question = question;
  document.title = `${question.title} · coingraph`;
  $("#title").replaceChildren(...withCode(question.title));
  $("#lead").textContent = question.question && question.question !== question.title ? question.question : "";
  $("#form").hidden = !question.parameters.length;
  $("#form").replaceChildren(...question.parameters.map((one) => labelled(one, field(one, known))), el("button", { class: "btn primary", type: "submit" }, _("Run"), el("kbd", {}, "↵")));
}

function labelled(one, made) {
  const words = one.name.replaceAll("_", " ");
  return el("label", {}, words[0].toUpperCase() + words.slice(1), made, one.description && one.name !== "collections" ? el("span", { class: "help" }, ...withCode(one.description)) : null);
}

function field(one, known) {
  const given = params().get(one.name) ?? one.default ?? "", choices = known[one.type] ?? known[one.name] ?? one.choices;
  if (choices?.length) {
    const any = one.default === null || Array.isArray(one.default) ? (one.name === "collections" ? _("all") : _("the usual one")) : null;
    return el("select", { class: "field", name: one.name }, any ? el("option", { value: "" }, any) : null,
      ...choices.map((choice) => el("option", { value: choice, selected: String(choice) === String(given) }, choice)));
  }
  const numeric = ["integer", "int", "number", "float"].includes(String(one.type).toLowerCase());
  const step = numeric ? (String(one.type).startsWith("int") ? "1" : "any") : null;
  return el("input", { class: "field", name: one.name, type: numeric ? "number" : "text", step, min: one.least, max: one.most, required: one.required || null, value: Array.isArray(given) ? given.join(",") : given, autocomplete: "off" });
}

const values = () => Object.fromEntries([...new FormData($("#form"))].filter(([, value]) => value !== ""));

// ---- asking ----
const ask = latest(async (signal) => {
  const given = values(), begun = performance.now();
  $("#failed").replaceChildren();
  try {
    const query = new URLSearchParams(given);
    history.replaceState(history.state, "", `${location.pathname}?${new URLSearchParams({ ...given, ...(view.show === "table" ? {} : { show: view.show }) })}`);
    if (view.show === "graph") query.set("graph", "1");
    if (view.all) query.set("all", "1");
    take(await api(`/api/questions/${encodeURIComponent(name)}?${query}`, { signal }), performance.now() - begun);
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    failed(problem, () => ask());
  }
});

/** The text of the person, in a read transaction; numbers of the form go in as numbers. */
const askOwn = latest(async (signal) => {
  const begun = performance.now(), given = view.question ? typed(values()) : {};
  $("#failed").replaceChildren();
  try {
    take(await api("/api/cypher", { method: "POST", body: { text: $("#text").value, params: given, limit: LIMIT }, signal }), performance.now() - begun);
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    failed(problem, null);
  }
});
function typed(given) {
  return Object.fromEntries(view.question.parameters.map((one) => {
    const value = given[one.name] ?? null, kind = String(one.type).toLowerCase();
    if (value === null) return [one.name, one.name === "collections" ? [] : one.default ?? null];
    if (one.name === "collections" || kind.startsWith("list")) return [one.name, value.split(",")];
    return [one.name, ["integer", "int", "number", "float"].includes(kind) ? Number(value) : value];
  }));
}

function failed(problem, again) {
  $("#result").hidden = true;
  $("#failed").replaceChildren(problem instanceof Failure ? problemBox(problem, again) : problemBox(Object.assign(problem, { cure: null }), again));
}

function take(answer, ms = null) {
  view.answer = answer;
  if (answer.missing?.what === "parameters") {
    $("#result").hidden = true;
    $("#failed").replaceChildren(el("p", { class: "quiet" }, _("Fill in what is asked for, and run it.")));
  } else if (answer.missing) {
    $("#result").hidden = true;
    $("#failed").replaceChildren(emptyBox(_("Nothing to answer from yet."), withCode(_("Make it with `{command}`.", { command: answer.missing.command ?? "coingraph run" }))));
  } else show(ms);
  if (!view.own && answer.cypher) {
    $("#code").replaceChildren(...highlighted(answer.cypher));
    $("#text").value = answer.cypher;
  }
}

function show(ms = null) {
  const { answer } = view, rows = answer.rows.length;
  $("#result").hidden = false;
  const all = answer.total ?? rows;
  $("#count").textContent = all > rows ? _("{count} of {all} rows", { count: number(rows), all: number(all) }) : ngettext("{count} row", "{count} rows", rows);
  if (ms !== null) $("#took").textContent = _("in {seconds} s", { seconds: (ms / 1000).toFixed(2) });
  $("#said").textContent = [view.own ? "" : answer.sentence ?? "", answer.truncated ? _("The first {count} are shown.", { count: number(rows) }) : ""].filter(Boolean).join(" ");
  for (const button of $$("[data-show]")) button.setAttribute("aria-pressed", String(button.dataset.show === view.show));
  browserLink(answer.browser);
  if (answer.csv) $("#csv").setAttribute("href", answer.csv);
  else $("#csv").removeAttribute("href");
  const box = $("#shown");
  const every = answer.every ? el("button", { class: "btn", type: "button", onclick: () => { view.all = true; ask(); } }, ngettext("Show the row", "Show all {count} rows", answer.every)) : null;
  if (!rows && every) box.replaceChildren(emptyBox(_("Nothing stands out."), _("Chance would give as many rows."), every));
  else if (!rows) box.replaceChildren(emptyBox(_("No rows."), _("The question has an answer: nothing in the graph is so.")));
  else if (view.show === "gallery") showGallery(box, answer);
  else if (view.show === "graph") showGraph(box, answer);
  else showTable(box, answer);
  if (rows && every) box.append(el("p", { class: "more" }, _("The others are no more than chance would give."), " ", every));
}

function showAs(how) {
  view.show = how;
  if (how === "graph" && !view.own && !view.answer.nodes?.length) ask();
  else show();
}

// ---- the Cypher ----
function editing(on) {
  view.own = on;
  $("#edit").setAttribute("aria-pressed", String(on));
  $("#code").hidden = on;
  $("#text").hidden = !on;
  $("#ask").hidden = !on;
  if (on) { $("#cypher").open = true; $("#text").focus(); }
}
async function csv(event) {
  if (!view.own) return; // a stored question's rows have an address
  event.preventDefault();
  const answer = await fetch("/api/cypher.csv", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text: $("#text").value, params: {}, limit: LIMIT }) });
  if (!answer.ok) { failed(new Failure(answer.status, await answer.json().catch(() => null)), null); return; }
  const link = el("a", { href: URL.createObjectURL(await answer.blob()), download: "answer.csv" });
  link.click();
  URL.revokeObjectURL(link.href);
}

$("#form").addEventListener("submit", (event) => { event.preventDefault(); editing(false); ask(); });
for (const button of $$("[data-show]")) button.addEventListener("click", () => showAs(button.dataset.show));
$("#csv").addEventListener("click", csv);
$("#edit").addEventListener("click", () => editing(!view.own));
$("#ask").addEventListener("click", () => askOwn());
$("#text").addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); askOwn(); } });
$("#copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText($("#text").value);
  $("#copy span").textContent = _("Copied");
  setTimeout(() => { $("#copy span").textContent = _("Copy"); }, 2000);
});

try {
  const [{ questions }, shell, { spaces = [] }] = await Promise.all([first?.questions ? first : api("/api/questions"), name ? api("/api/status").catch(() => ({})) : {}, name ? api("/api/spaces").catch(() => ({})) : {}]);
  list(questions);
  const question = questions.find((one) => one.name === name);
  if (question) {
    form(question, { collections: (shell.totals?.collections ?? []).map((one) => one.name), space: spaces.filter((one) => one.linked).map((one) => one.name) });
    if (first?.rows) take(first); // the answer came with the page
    else if (question.parameters.every((one) => !one.required || (params().get(one.name) ?? one.default ?? "") !== "")) ask();
    else { $("#cypher").hidden = !question.cypher; $("#form").querySelector("input:invalid")?.focus(); }
  } else {
    $("#text").value = "MATCH (coin:Coin)-[:OF_TYPE]->(type:CoinType)\nRETURN type.name AS type, count(coin) AS coins\nORDER BY coins DESC LIMIT 20";
    editing(true);
  }
} catch (problem) {
  failed(problem, () => location.reload());
}
