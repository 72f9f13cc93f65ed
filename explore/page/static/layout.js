// Places for a small graph: forces after Fruchterman and Reingold (1991), from a spiral, the same each time.

/** x and y of `n` nodes; `ends` are pairs of node numbers. */
export function layout(n, ends) {
  const x = new Float64Array(n), y = new Float64Array(n), dx = new Float64Array(n), dy = new Float64Array(n);
  for (let i = 0; i < n; i += 1) { // the sunflower's spiral spreads evenly
    const r = Math.sqrt(i + 0.5), angle = i * 2.399963;
    x[i] = r * Math.cos(angle);
    y[i] = r * Math.sin(angle);
  }
  const rounds = n > 600 ? 40 : n > 200 ? 100 : 240;
  for (let round = 0; round < rounds; round += 1) {
    dx.fill(0);
    dy.fill(0);
    for (let i = 0; i < n; i += 1) for (let j = i + 1; j < n; j += 1) {
      const ax = x[i] - x[j], ay = y[i] - y[j], far = Math.max(0.01, ax * ax + ay * ay);
      if (far > 400) continue;
      dx[i] += ax / far; dy[i] += ay / far;
      dx[j] -= ax / far; dy[j] -= ay / far;
    }
    for (const [a, b] of ends) {
      const ax = x[a] - x[b], ay = y[a] - y[b], far = Math.hypot(ax, ay);
      dx[a] -= ax * far * 0.5; dy[a] -= ay * far * 0.5;
      dx[b] += ax * far * 0.5; dy[b] += ay * far * 0.5;
    }
    const heat = 1.2 * (1 - round / rounds) + 0.02;
    for (let i = 0; i < n; i += 1) {
      dx[i] -= 0.02 * x[i]; dy[i] -= 0.02 * y[i]; // loose parts do not drift away
      const long = Math.hypot(dx[i], dy[i]) || 1, step = Math.min(long, heat) / long;
      x[i] += dx[i] * step;
      y[i] += dy[i] * step;
    }
  }
  return { x, y };
}

/** Radius of a coin, in the widths of a coin that `spread` gives places in. */
export const COIN = 0.46;
const ROOM = 0.62; // a coin's width as a share of the side of the square that each has on the page, were all spread evenly
const ROUNDS = 160;

/** Places moved apart until no two coins overlap, in units of a coin's width; where nothing overlaps nothing moves. */
export function spread(x, y) {
  const n = x.length, span = (values) => { let [low, high] = [Infinity, -Infinity]; for (const v of values) { low = Math.min(low, v); high = Math.max(high, v); } return high - low || 1e-9; };
  const unit = ROOM * Math.sqrt((span(x) * span(y)) / Math.max(1, n)) || 1;
  const px = Float64Array.from(x, (v) => v / unit), py = Float64Array.from(y, (v) => v / unit);
  for (let round = 0; round < ROUNDS; round += 1) if (!pushed(px, py)) break;
  return { x: px, y: py };
}

/** Pushes coins that are nearer than a width half-way apart; whether any was. Only coins of neighbouring cells can be. */
function pushed(x, y) {
  const cells = new Map(), key = (i, j) => i * 73856093 + j;
  for (let i = 0; i < x.length; i += 1) {
    const cell = key(Math.floor(x[i]), Math.floor(y[i]));
    if (!cells.has(cell)) cells.set(cell, []);
    cells.get(cell).push(i);
  }
  let moved = false;
  for (let i = 0; i < x.length; i += 1) {
    const cx = Math.floor(x[i]), cy = Math.floor(y[i]);
    for (let u = cx - 1; u <= cx + 1; u += 1) for (let v = cy - 1; v <= cy + 1; v += 1) for (const j of cells.get(key(u, v)) ?? []) {
      if (j <= i) continue;
      let dx = x[j] - x[i], dy = y[j] - y[i], far = Math.hypot(dx, dy);
      if (far >= 0.98) continue;
      if (far < 1e-6) { far = 1e-3; dx = far * Math.cos(i + j); dy = far * Math.sin(i + j); }
      const by = ((1 - far) / far) * 0.32;
      x[i] -= dx * by; y[i] -= dy * by;
      x[j] += dx * by; y[j] += dy * by;
      moved = true;
    }
  }
  return moved;
}

/** Places of a folded network: the typical coins spread, each community's others in a spiral round theirs. */
export function spreadFolds(x, y, community, folds) {
  const room = 1.75; // a folded community is drawn so much wider than a coin, at most
  const kept = spread(folds.map(({ coin }) => x[coin]), folds.map(({ coin }) => y[coin]));
  const centre = new Map(folds.map(({ community: number, coin }, k) => [number, { coin, x: room * kept.x[k], y: room * kept.y[k], next: 0 }]));
  const px = Float64Array.from(x), py = Float64Array.from(y);
  community.forEach((number, i) => {
    const middle = centre.get(number);
    if (!middle) return;
    const at = i === middle.coin ? 0 : (middle.next += 1), r = at ? 0.6 * Math.sqrt(at + 1.8) : 0, angle = at * 2.399963;
    px[i] = middle.x + r * Math.cos(angle);
    py[i] = middle.y + r * Math.sin(angle);
  });
  return { x: px, y: py };
}
