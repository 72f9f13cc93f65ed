// Legends beside each other: which letters of one are not those of another.
import { _, el } from "/static/base.js";

/** Of each text, true at each letter that some other text lacks in its place (longest common subsequence). */
export function differing(texts) {
  return texts.map((text, k) => {
    const differs = new Array(text.length).fill(false);
    texts.forEach((other, at) => {
      if (at === k || !other) return;
      const kept = common(text, other);
      for (let i = 0; i < text.length; i += 1) if (text[i] !== " " && !kept.has(i)) differs[i] = true;
    });
    return differs;
  });
}

/** Places of `one` that stand in a longest common subsequence with `two`; spaces do not count. */
function common(one, two) {
  const a = [...one].map((letter, i) => [letter, i]).filter(([letter]) => letter !== " ");
  const b = [...two].filter((letter) => letter !== " ");
  const best = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) for (let j = b.length - 1; j >= 0; j -= 1) {
    best[i][j] = a[i][0] === b[j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
  }
  const kept = new Set();
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i][0] === b[j]) { kept.add(a[i][1]); i += 1; j += 1; }
    else if (best[i + 1][j] >= best[i][j + 1]) i += 1;
    else j += 1;
  }
  return kept;
}

/** A legend with the letters that differ underlined, as nodes; `differs` as `differing` gives it. */
export function marked(text, differs) {
  const nodes = [];
  for (let i = 0; i < text.length;) {
    let end = i + 1;
    while (end < text.length && (differs[end] === differs[i] || text[end] === " ")) end += 1;
    const part = text.slice(i, end);
    nodes.push(differs[i] ? el("b", { class: "differs" }, part) : document.createTextNode(part));
    i = end;
  }
  return nodes;
}

/** Lines of a side: the rim unwrapped, and under it the legend as it was read, else as it is recorded. */
export function stripLines(cards, side, legends) {
  const said = cards.map((card) => legends.get(card.id)?.[side] || {});
  const texts = said.map(({ read, recorded }) => (read || recorded || "").toUpperCase());
  const differs = differing(texts);
  return cards.map((card, k) => {
    const picture = card.pictures[side], line = el("div", { class: "line" }, el("b", {}, card.name));
    if (!picture || !picture.cut) line.append(el("p", { class: "nostrip" }, picture ? _("not cut out, so not unwrapped") : _("no photograph of this side")));
    else {
      const label = side === "obverse" ? _("Obverse legend of {name}, unwrapped", { name: card.name }) : _("Reverse legend of {name}, unwrapped", { name: card.name });
      const strip = el("img", { class: "strip", src: `${picture.stem}/strip/128.webp`, alt: label, decoding: "async" });
      strip.addEventListener("error", () => strip.replaceWith(el("p", { class: "nostrip" }, _("not unwrapped"))));
      line.append(strip);
    }
    const read = Boolean(said[k].read);
    const text = el("p", { class: read ? "read" : "read recorded" });
    if (texts[k]) text.append(...marked(texts[k], differs[k]));
    if (texts[k] && !read) text.append(el("span", { class: "source" }, _("as recorded")));
    line.append(text);
    return line;
  });
}
