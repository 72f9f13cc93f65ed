// A network of many coins: a community folds into its most typical coin, and opens when it is chosen.

/** Which nodes are drawn, and between which of them edges run. */
export class Folding {
  constructor(answer, edges) {
    this.edges = edges;
    this.community = answer.community;
    this.typical = new Map(answer.folds.map(({ community, coin }) => [community, coin]));
    this.size = new Map(answer.folds.map(({ community, size }) => [community, size]));
    this.opened = new Set();
    this.lone = answer.community.filter((number) => !this.typical.has(number)).length;
    this.#map();
  }

  /** Whether a node stands for its folded community. */
  closed(i) {
    return this.typical.get(this.community[i]) === i && !this.opened.has(this.community[i]);
  }

  /** Opens a community, or folds it again. */
  open(number) {
    if (!this.typical.has(number)) return;
    if (!this.opened.delete(number)) this.opened.add(number);
    this.#map();
  }

  /** `edges` and `hidden` of a canvas for the first `count` edges. */
  shown(count) {
    let low = 0, high = this.place.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.place[middle] < count) low = middle + 1;
      else high = middle;
    }
    return { edges: { a: this.a, b: this.b, count: low }, hidden: this.hidden };
  }

  #map() {
    const n = this.community.length, stands = new Int32Array(n).fill(-1);
    this.hidden = new Uint8Array(n).fill(1);
    this.weight = new Uint32Array(n).fill(1);
    for (let i = 0; i < n; i += 1) {
      const number = this.community[i];
      if (!this.typical.has(number)) continue;
      stands[i] = this.opened.has(number) ? i : this.typical.get(number);
      this.hidden[stands[i]] = 0;
      if (stands[i] !== i) this.weight[stands[i]] = this.size.get(number);
    }
    const seen = new Set(), a = [], b = [], place = [];
    for (let k = 0; k < this.edges.count; k += 1) {
      const one = stands[this.edges.a[k]], two = stands[this.edges.b[k]];
      if (one < 0 || two < 0 || one === two) continue;
      const key = one < two ? one * n + two : two * n + one;
      if (seen.has(key)) continue; // the strongest of these two stands already
      seen.add(key);
      a.push(one);
      b.push(two);
      place.push(k);
    }
    Object.assign(this, { a, b, place });
  }
}
