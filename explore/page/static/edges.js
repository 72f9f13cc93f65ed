// Edges of a network by strength, and what is exactly so at any threshold: edges, coins reached, parts, paths.

/** What holds among `n` nodes as edges come in, the strongest first. */
export class Edges {
  /** `columns`: a, b (node numbers), percentile, cosine, one (1 where both coins are of one type), in any order. */
  constructor(columns, n) {
    const { percentile } = columns, order = Uint32Array.from(percentile.keys());
    if (percentile.some((value, k) => k && value > percentile[k - 1])) order.sort((p, q) => percentile[q] - percentile[p]);
    const taken = (name, Type) => {
      const made = new Type(order.length), column = columns[name] ?? [];
      for (let k = 0; k < made.length; k += 1) made[k] = column[order[k]] ?? 0;
      return made;
    };
    this.n = n;
    this.count = order.length;
    this.a = taken("a", Uint32Array);
    this.b = taken("b", Uint32Array);
    this.percentile = taken("percentile", Float64Array);
    this.cosine = taken("cosine", Float64Array);
    this.one = taken("one", Uint8Array);
    this.#grow();
    this.#index();
  }

  /** How many edges have at least this percentile: they are the first so many. */
  atLeast(percentile) {
    let low = 0, high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.percentile[middle] >= percentile) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Exactly what the first `count` edges make: coins reached, and parts among these. */
  counts(count) {
    return { edges: count, reached: this.reached[count], parts: this.parts[count] };
  }

  /** [other, edge] of a node among the first `count` edges, the strongest first. */
  of(node, count) {
    const found = [];
    for (let at = this.start[node]; at < this.start[node + 1] && this.edge[at] < count; at += 1) {
      const k = this.edge[at];
      found.push([this.a[k] === node ? this.b[k] : this.a[k], k]);
    }
    return found;
  }

  /** 1 for each node that the first `count` edges reach. */
  touched(count) {
    const reached = new Uint8Array(this.n);
    for (let k = 0; k < count; k += 1) reached[this.a[k]] = reached[this.b[k]] = 1;
    return reached;
  }

  /** The nodes of a way with the fewest steps; among these, one over the strongest edges. Empty where there is none. */
  path(from, to, count) {
    const before = new Int32Array(this.n).fill(-1), depth = new Int32Array(this.n).fill(-1);
    const weakest = new Float64Array(this.n);
    depth[from] = 0;
    weakest[from] = Infinity;
    let wave = [from];
    while (wave.length && depth[to] < 0) {
      const next = [];
      for (const node of wave) for (const [other, k] of this.of(node, count)) {
        const strength = Math.min(weakest[node], this.percentile[k]);
        if (depth[other] < 0) { depth[other] = depth[node] + 1; next.push(other); }
        else if (depth[other] !== depth[node] + 1 || strength <= weakest[other]) continue;
        before[other] = node;
        weakest[other] = strength;
      }
      wave = next;
    }
    if (depth[to] < 0) return [];
    const nodes = [to];
    while (nodes[0] !== from) nodes.unshift(before[nodes[0]]);
    return nodes;
  }

  /** Heights of `bars` bars of cosine between the edges' least and greatest: all, and those of one type. */
  histogram(bars) {
    let least = Infinity, most = -Infinity;
    for (const v of this.cosine) { least = Math.min(least, v); most = Math.max(most, v); }
    const all = new Uint32Array(bars), one = new Uint32Array(bars), width = (most - least) / bars || 1;
    this.cosine.forEach((v, k) => {
      const bar = Math.min(bars - 1, Math.floor((v - least) / width));
      all[bar] += 1;
      one[bar] += this.one[k];
    });
    return { least, most, width, all, one };
  }

  /** The cosine that goes with each edge's percentile, falling from edge to edge: the cosine itself where that falls too;
   *  of two sides together its mean over edges that stand the other way round (pool adjacent violators). */
  falling() {
    const mean = [], size = [];
    for (let k = 0; k < this.count; k += 1) {
      mean.push(this.cosine[k]);
      size.push(1);
      while (mean.length > 1 && mean.at(-1) > mean.at(-2)) {
        const last = mean.pop(), n = size.pop(), at = mean.length - 1;
        mean[at] = (mean[at] * size[at] + last * n) / (size[at] + n);
        size[at] += n;
      }
    }
    const made = new Float64Array(this.count);
    let k = 0;
    mean.forEach((value, at) => { made.fill(value, k, k + size[at]); k += size[at]; });
    return made;
  }

  /** Joins nodes edge by edge and writes down after each how many are reached and in how many parts. */
  #grow() {
    const root = Int32Array.from({ length: this.n }, (_, i) => i), seen = new Uint8Array(this.n);
    const find = (i) => {
      while (root[i] !== i) { root[i] = root[root[i]]; i = root[i]; }
      return i;
    };
    this.reached = new Uint32Array(this.count + 1);
    this.parts = new Uint32Array(this.count + 1);
    let reached = 0, parts = 0;
    for (let k = 0; k < this.count; k += 1) {
      const a = this.a[k], b = this.b[k], fresh = (a === b ? 1 : 2) - seen[a] - (a === b ? 0 : seen[b]);
      seen[a] = seen[b] = 1;
      reached += fresh;
      parts += fresh;
      const one = find(a), two = find(b);
      if (one !== two) { root[one] = two; parts -= 1; }
      this.reached[k + 1] = reached;
      this.parts[k + 1] = parts;
    }
  }

  #index() {
    this.start = new Uint32Array(this.n + 1);
    for (let k = 0; k < this.count; k += 1) { this.start[this.a[k] + 1] += 1; this.start[this.b[k] + 1] += 1; }
    for (let i = 0; i < this.n; i += 1) this.start[i + 1] += this.start[i];
    const next = this.start.slice(0, this.n);
    this.edge = new Uint32Array(2 * this.count);
    for (let k = 0; k < this.count; k += 1) { this.edge[next[this.a[k]]++] = k; this.edge[next[this.b[k]]++] = k; }
  }
}
