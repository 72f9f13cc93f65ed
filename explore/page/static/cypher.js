// Cypher in colours, as nodes: text is never read as HTML.
import { el } from "/static/base.js";

const PARTS = /(\/\/[^\n]*|\/\*[\s\S]*?\*\/)|('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")|(\$\w+)|(:[A-Z]\w*(?:\|[A-Z]\w*)*)|\b(MATCH|OPTIONAL|WHERE|RETURN|WITH|ORDER|BY|LIMIT|SKIP|UNWIND|AS|AND|OR|NOT|XOR|IN|IS|NULL|CALL|YIELD|UNION|ALL|EXISTS|COUNT|COLLECT|CASE|WHEN|THEN|ELSE|END|DISTINCT|DESC|ASC|CONTAINS|STARTS|ENDS)\b/g;
const CLASSES = [null, "c", "p", "p", "l", "k"];

/** The text cut into spans: comments, strings and parameters, labels, words of the language. */
export function highlighted(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(PARTS)) {
    nodes.push(text.slice(at, found.index), el("span", { class: CLASSES[found.findIndex((part, k) => k > 0 && part !== undefined)] }, found[0]));
    at = found.index + found[0].length;
  }
  return [...nodes, text.slice(at)].filter((node) => node !== "");
}
