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
