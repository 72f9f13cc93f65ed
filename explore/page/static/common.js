// What some coins have in common, as the terms and descriptions of a list of facts.
import { _, decimal, el, number, yearText } from "/static/base.js";
import { typeText } from "/static/coins-parts.js";

const LISTED = 4;

/** The lines of a `summary`: counts, the largest first, and ranges; what is known of no coin is left out. */
export function inCommon(summary) {
  const named = (value) => (value === null ? _("unknown") : typeof value === "object" ? typeText(value) : value);
  const counted = (values) => (values?.some(({ value }) => value !== null) ? values.slice(0, LISTED).map(({ value, coins }) => `${named(value)} ${number(coins)}`) : []);
  const range = (one, text) => (one?.known ? [[...new Set([text(one.least), text(one.most)])].join("–")] : []);
  return [
    [_("Types"), counted(summary.types)], [_("Mints"), counted(summary.mints)], [_("Material"), counted(summary.materials)],
    [_("Collections"), counted(summary.collections)], [_("Dates"), range(summary.year, yearText)], [_("Weight"), range(summary.weight, (v) => `${decimal(v, 2)} g`)], [_("Diameter"), range(summary.diameter, (v) => `${decimal(v, 0)} mm`)],
  ].filter(([, lines]) => lines.length).flatMap(([name, lines]) => [el("dt", {}, name), ...lines.map((line) => el("dd", {}, line))]);
}
