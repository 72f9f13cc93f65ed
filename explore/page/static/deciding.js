// Verdicts: shown at once, sent behind, kept until the server has them, taken back by one key.
import { $, Failure, _, api, ngettext } from "/static/base.js";
import { toast } from "/static/toast.js";

const KEPT = "coingraph.verdicts"; // verdicts on their way: they outlive the page, and their number makes a second sending harmless
const kept = () => JSON.parse(localStorage.getItem(KEPT) ?? "[]");
function keep(change) {
  const left = change(kept());
  localStorage.setItem(KEPT, JSON.stringify(left));
  const badge = $("#waiting");
  const away = left.filter((one) => one.away).length;
  badge.hidden = !away;
  badge.textContent = away ? ngettext("{count} waits", "{count} wait", away) : "";
}
const drop = (id) => keep((all) => all.filter((one) => one.id !== id));

const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
let last = Promise.resolve();
/** Sends a verdict when the one before has its answer: the history has them in the order in which they were given. */
function send(body) {
  const going = last.then(() => api("/api/verdicts", { method: "POST", body, keepalive: true }));
  last = going.catch(() => {});
  return going;
}

/** The present versions of coins and pairs of this page, so that a second verdict on one does not look like an older one. */
const versions = new Map();
const subject = (coins) => [...coins].sort().join(" ");

/** The versions that an answer brings: those of its coins, and that of what was decided on. */
function learn(answer, about) {
  for (const card of answer.cards ?? []) versions.set(card.id, card.version);
  versions.set(about, answer.row_version);
}

function count(step) {
  const shown = $("#verdicts");
  if (shown) shown.textContent = String(Number(shown.textContent) + step);
}
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

/** Gives a verdict: `body` as POST /api/verdicts wants it, without its id.
 *  `say`: the words of the toast, or null for none. `apply` shows it at once; `revert` shows the old state again
 *  when it was refused or taken back. Resolves to {verdict, cards, undo}, or to null when it was refused or waits. */
export async function decide(body, { say, apply, revert, refused } = {}) {
  const sent = { ...body, id: newId() };
  const about = subject(sent.coins);
  if (versions.has(about)) sent.version = Math.max(versions.get(about), body.version ?? 0);
  apply?.();
  keep((all) => [...all, sent]);
  let answer = null, takenBack = false;
  const going = send(sent);
  const undo = async () => {
    takenBack = true;
    revert?.();
    if (answer) return takeBack(answer.verdict, about);
    return null; // still on its way: taken back below, as soon as the server has it
  };
  if (say) toast(say, { undo });
  try {
    answer = await going;
  } catch (problem) {
    if (problem instanceof Failure && problem.away) { waitFor(sent, problem); return null; }
    drop(sent.id);
    if (!takenBack) revert?.();
    const insist = () => decide({ ...body, version: problem.answer.row_version }, { say, apply, revert, refused });
    if (problem.code === "conflict") versions.set(about, problem.answer.row_version);
    if (refused) refused(problem, problem.code === "conflict" ? insist : null);
    else toast(`${problem.message} ${problem.cure ?? ""}`, { bad: true, seconds: 20, actions: problem.code === "conflict" ? [[_("Give mine too"), insist]] : [] });
    return null;
  }
  drop(sent.id);
  learn(answer, about);
  if (takenBack) { await takeBack(answer.verdict, about); return null; }
  count(1);
  tell("verdict", answer);
  return { ...answer, undo };
}

/** Takes a verdict back on the server; {verdict, cards}, or null with a word why not. */
export async function takeBack(verdict, about = subject(verdict.coins)) {
  try {
    const answer = await api(`/api/verdicts/${verdict.number}/undo`, { method: "POST", body: {} });
    learn(answer, about);
    count(-1);
    tell("verdict", answer);
    return answer;
  } catch (problem) {
    toast(`${problem.message} ${problem.cure ?? ""}`, { bad: true });
    return null;
  }
}

function waitFor(sent, problem) {
  keep((all) => all.map((one) => (one.id === sent.id ? { ...one, away: true } : one)));
  toast(_("The graph does not answer. Verdicts are kept here and sent when it is back."), { bad: true });
  console.info(problem.message);
  again();
}

let trying;
/** Sends what waits, every five seconds, until nothing does. */
function again(pause = 5000) {
  clearTimeout(trying);
  trying = setTimeout(async () => {
    for (const one of kept()) {
      const { away, ...body } = one;
      try {
        const answer = await send(body);
        drop(one.id);
        if (away) toast(_("Sent: {sentence}", { sentence: answer.verdict.sentence }));
        tell("verdict", answer);
      } catch (problem) {
        if (problem instanceof Failure && problem.away) return again();
        drop(one.id);
        toast(_("Not kept: {reason}", { reason: problem.message }), { bad: true, seconds: 30 });
      }
    }
    return undefined;
  }, pause);
}
if (kept().length) again(2000); // of a page that was closed while it sent
keep((all) => all);
