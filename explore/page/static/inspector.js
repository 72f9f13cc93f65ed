// The panel beside a canvas: the chosen coin with its links in words, a path between two coins, or a lassoed group.
import { $, _, api, decimal, el, icon, ngettext, withCode } from "/static/base.js";
import { chip, disc, factsLine, FACES, legendLines, pair } from "/static/coins-parts.js";
import { compareHref, onTray, toggleTray } from "/static/tray.js";

const LINKS = 12;

export class Inspector {
  /** `net`: answer, edges, count; `does`: go(i), close(), path(i). */
  constructor(box, net, does) {
    Object.assign(this, { box, net, does, cards: new Map(), shown: -1, said: "" });
  }

  /** The coin `i`: at once with what is known, and whole when its card comes, if it is shown still. */
  async show(i) {
    if (i !== this.shown) this.said = "";
    this.shown = i;
    this.box.hidden = i < 0;
    if (i < 0) return;
    const id = this.net.answer.ids[i], kept = this.cards.get(id);
    this.#fill(i, kept ?? null);
    if (kept) return;
    const { coins } = await api(`/api/coins?${new URLSearchParams({ ids: id })}`).catch(() => ({ coins: [] }));
    if (!coins.length) return;
    this.cards.set(id, coins[0]);
    if (this.shown === i) this.#fill(i, coins[0]);
  }

  #fill(i, card) {
    const { answer, edges, count } = this.net, links = edges.of(i, count), focused = this.box.contains(document.activeElement);
    const typical = this.#community(i);
    this.box.replaceChildren(this.#head(answer.names[i], card ? chip(card) : null), el("div", { class: "body" },
      card ? el("a", { href: card.href, "aria-label": _("Open {name}", { name: card.name }) }, pair(card, { size: 192 })) : el("span", { class: "tray pair" }),
      card ? legendLines(card) : null,
      card ? el("p", { class: "small quiet" }, [factsLine(card), card.mint].filter(Boolean).join(" · ")) : null,
      typical ? el("p", { class: "small" }, typical) : null,
      el("p", { class: "small note", hidden: !this.said }, this.said),
      el("h3", {}, ngettext("{count} link", "{count} links", links.length)),
      links.length ? this.#rows(links.slice(0, LINKS).map(([other, k]) => [other, decimal(edges.cosine[k], 2)])) : el("p", { class: "small quiet" }, _("No link at this threshold.")),
      links.length > LINKS ? el("p", { class: "small faint" }, ngettext("{count} more", "{count} more", links.length - LINKS)) : null,
      el("div", { class: "two" },
        el("button", { class: "btn", type: "button", onclick: () => this.does.path(i) }, _("Path to …")),
        el("button", { class: "btn", type: "button", "aria-pressed": String(onTray(answer.ids[i])), onclick: () => this.tray(i) }, icon(onTray(answer.ids[i]) ? "check" : "plus"), _("Tray"), el("kbd", {}, "x")))));
    if (focused) this.box.querySelector("button")?.focus();
  }

  #head(title, extra = null) {
    return el("header", {}, el("h2", {}, title), extra, el("span", { class: "grow" }),
      el("button", { class: "iconbtn", type: "button", "aria-label": _("Close"), onclick: () => this.does.close() }, icon("cross")));
  }

  #community(i) {
    const number = this.net.answer.community[i];
    return number > 0 ? el("a", { class: "link", href: `/communities/${number}` }, _("Community {number}", { number })) : null;
  }

  #rows(rows) {
    const { answer } = this.net;
    return el("ul", {}, ...rows.map(([other, text]) => el("li", {}, el("button", { type: "button", onclick: () => this.does.go(other) },
      twin(answer, other), el("span", { class: "cut" }, el("b", {}, answer.names[other]), el("br", {}), el("span", { class: "faint" }, answer.type_names[answer.types[other]] ?? _("no type"))), el("span", {}, text)))));
  }

  note(text) {
    this.said = text;
    const place = $(".note", this.box);
    if (place) { place.textContent = text; place.hidden = false; }
  }

  path(from, to, nodes) {
    const { answer, edges, count } = this.net;
    this.shown = -1;
    this.box.hidden = false;
    const strength = (at) => { const found = edges.of(nodes[at], count).find(([other]) => other === nodes[at - 1]); return found ? decimal(edges.cosine[found[1]], 2) : ""; };
    this.box.replaceChildren(this.#head(_("{from} to {to}", { from: answer.names[from], to: answer.names[to] })), el("div", { class: "body" },
      nodes.length ? el("p", { class: "small quiet" }, ngettext("{count} step, over the strongest links.", "{count} steps, over the strongest links.", nodes.length - 1))
        : el("p", {}, _("No path at this threshold. Lower it, and choose the two again.")),
      nodes.length ? this.#rows(nodes.map((node, at) => [node, at ? strength(at) : ""])) : null,
      nodes.length ? el("a", { class: "btn", href: compareHref([from, to].map((i) => answer.ids[i])) }, _("Compare the two")) : null));
  }

  /** Coins inside a lasso, as a gallery, to be named and kept. */
  group(rows) {
    const { answer } = this.net, some = rows.slice(0, 60);
    this.shown = -1;
    this.box.hidden = false;
    const field = el("input", { class: "field", name: "name", required: true, maxlength: 200, autocomplete: "off" }), said = el("p", { class: "small", role: "status" });
    this.box.replaceChildren(this.#head(ngettext("{count} coin chosen", "{count} coins chosen", rows.length)), el("div", { class: "body" },
      el("form", { class: "body", onsubmit: (event) => { event.preventDefault(); keepGroup(field.value.trim(), rows.map((i) => answer.ids[i]), said); } },
        el("label", { class: "small quiet" }, _("Name this group"), field), el("button", { class: "btn primary", type: "submit" }, _("Keep as group"))), said,
      el("div", { class: "mini" }, ...some.map((i) => el("button", { class: "plainpair", type: "button", title: answer.names[i], "aria-label": answer.names[i], onclick: () => this.does.go(i) }, twin(answer, i)))),
      rows.length > some.length ? el("p", { class: "small faint" }, ngettext("{count} more", "{count} more", rows.length - some.length)) : null));
  }

  tray(i) {
    const card = this.cards.get(this.net.answer.ids[i]);
    if (!card) return;
    toggleTray(card);
    if (this.shown === i) this.#fill(i, card);
  }

  open(i) {
    const card = this.cards.get(this.net.answer.ids[i]);
    if (card) location.href = card.href;
  }
}

/** Both sides of a node on a small tray. */
export function twin(answer, i, shape = "s72") {
  const both = answer.stems[i] ?? [null, null];
  return el("span", { class: `tray pair ${shape}` }, ...FACES.map((face, at) => disc(both[at] ? { stem: both[at], mm: null } : null, face, answer.names[i], { size: 96 })));
}

/** Keeps coins under a name; says how it went in `said`. Where the name is taken it asks once more in place. */
export async function keepGroup(name, coins, said, replace = false) {
  if (!name) return;
  try {
    await api("/api/groups", { method: "POST", body: { name, coins, replace } });
    said.replaceChildren(...withCode(_("Kept: {name}. In Cypher it is `(:Group {name: …})`.", { name })), " ",
      el("a", { class: "link", href: `/coins?${new URLSearchParams({ group: name })}` }, _("Show its coins")));
  } catch (problem) {
    const taken = problem.code === "taken" ? el("button", { class: "link", type: "button", onclick: () => keepGroup(name, coins, said, true) }, _("Put these in its place")) : null;
    said.replaceChildren(`${problem.message} `, ...(taken ? [taken] : [problem.cure ?? ""]));
  }
}
