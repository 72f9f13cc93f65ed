// How a picture canvas is moved and what is chosen on it.

/** Mouse, pen, fingers and keys of a `PictureCanvas`: drag and pinch, wheel, lasso, click, arrows. */
export function listen(picture) {
  const { canvas } = picture, held = new Map();
  let start = null, far = 0, apart = 0;
  const spot = (e) => { const box = canvas.getBoundingClientRect(); return [e.clientX - box.left, e.clientY - box.top]; };
  const world = ([x, y]) => [(x - picture.camera.x) / picture.camera.z, (y - picture.camera.y) / picture.camera.z];
  canvas.addEventListener("wheel", (e) => {
    e.preventDefault();
    picture.zoom(Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : 0.0016)), ...spot(e));
  }, { passive: false });
  canvas.addEventListener("pointerdown", (e) => {
    if (e.button > 0) return;
    canvas.setPointerCapture(e.pointerId);
    held.set(e.pointerId, spot(e));
    far = 0;
    start = { lasso: (picture.lassoing || e.shiftKey) && held.size === 1, at: spot(e) };
    if (start.lasso) picture.outline = [world(spot(e))];
    if (held.size === 2) { apart = gap(held); start.lasso = false; picture.outline = []; }
  });
  canvas.addEventListener("pointermove", (e) => {
    const before = held.get(e.pointerId), now = spot(e);
    if (!before) return picture.hover(now);
    held.set(e.pointerId, now);
    far += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (held.size === 2) {
      const wide = gap(held), middle = centre(held);
      if (apart > 0) picture.zoom(wide / apart, ...middle);
      apart = wide;
      return picture.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    }
    if (start?.lasso) { picture.outline.push(world(now)); return picture.draw(); }
    return far > 4 ? picture.pan(now[0] - before[0], now[1] - before[1]) : undefined;
  });
  const end = (e) => {
    if (!held.delete(e.pointerId) || held.size) return;
    if (start?.lasso && picture.outline.length > 2 && far > 8) picture.lassoed();
    else if (far < 5 && e.type === "pointerup") {
      picture.outline = [];
      picture.choose(picture.nearest(...spot(e), Math.max(14, picture.radius() * 1.1)));
    }
    start = null;
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("pointerleave", () => picture.tell.hover?.(-1));
  canvas.addEventListener("keydown", (e) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (way && e.shiftKey) picture.pan(-60 * way[0], -60 * way[1]);
    else if (way) { const i = picture.toward(...way); if (i >= 0) picture.choose(i); }
    else if (e.key === "+" || e.key === "=") picture.zoom(1.3);
    else if (e.key === "-") picture.zoom(1 / 1.3);
    else if (e.key === "0") picture.fit();
    else return;
    e.preventDefault();
  });
}

const gap = (held) => { const [a, b] = [...held.values()]; return Math.hypot(a[0] - b[0], a[1] - b[1]); };
const centre = (held) => { const [a, b] = [...held.values()]; return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]; };
