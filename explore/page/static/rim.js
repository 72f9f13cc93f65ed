// The outline of a coin in its photograph: shown as it was found, and corrected by mouse, finger or keys.
import { _, el } from "/static/base.js";

const CORNERS = 72, STEP = 0.005, LEAST = 0.05; // steps and the least width, in shares of the picture's longer side

/** An outline over a picture. `side`: width, height, outline ([x, y] in shares) as the server tells it. What a person
 *  draws is an ellipse upright in its box; `tell` gets its corners in shares, or null where the one found counts again. */
export function rim(side, name, tell) {
  const { width, height } = side, long = Math.max(width, height);
  const path = el("polygon", { class: "rim", tabindex: "0", role: "application", "aria-label": [name, _("Arrows move it, with Shift they change its width and height, plus and minus its size; Escape takes the one found.")].join(". ") });
  const grips = [0, 1, 2, 3].map((edge) => el("path", { class: "grip", data: { edge } })); // left, top, right, bottom
  const svg = el("svg", { class: "rimbox", viewBox: `0 0 ${width} ${height}` }, path, ...grips);
  const corners = side.outline.map(([x, y]) => [x * width, y * height]), along = (axis, best) => best(...corners.map((corner) => corner[axis]));
  const box = [along(0, Math.min), along(1, Math.min), along(0, Math.max), along(1, Math.max)];

  function draw(points) {
    path.setAttribute("points", points.map((corner) => corner.map((v) => v.toFixed(1)).join()).join(" "));
    const [left, top, right, bottom] = box, x = (left + right) / 2, y = (top + bottom) / 2;
    [[left, y], [x, top], [right, y], [x, bottom]].forEach(([gx, gy], edge) => grips[edge].setAttribute("d", `M${gx} ${gy}h0`));
  }
  /** Moves the edges by so much: not through each other, and not far out of the picture. */
  function change(...by) {
    const next = box.map((v, edge) => v + by[edge]), [left, top, right, bottom] = next, least = LEAST * long;
    if (right - left < least || bottom - top < least || left < -width / 2 || top < -height / 2 || right > 1.5 * width || bottom > 1.5 * height) return;
    Object.assign(box, next);
    const drawn = Array.from({ length: CORNERS }, (_one, k) => {
      const angle = (2 * Math.PI * k) / CORNERS;
      return [(left + right + (right - left) * Math.cos(angle)) / 2, (top + bottom + (bottom - top) * Math.sin(angle)) / 2];
    });
    draw(drawn);
    tell(drawn.map(([x, y]) => [x / width, y / height]));
  }

  let held = null, dragged = false;
  svg.addEventListener("pointerdown", (event) => {
    const { target } = event;
    if (event.button > 0 || target === svg) return;
    target.setPointerCapture(event.pointerId);
    held = { edge: target.dataset.edge, x: event.clientX, y: event.clientY };
    dragged = false;
  });
  svg.addEventListener("pointermove", (event) => {
    const scale = svg.getScreenCTM().a, dx = (event.clientX - held?.x) / scale, dy = (event.clientY - held?.y) / scale;
    if (!held || (!dragged && Math.hypot(dx, dy) * scale < 4)) return;
    dragged = true;
    if (held.edge === undefined) change(dx, dy, dx, dy);
    else change(...[0, 1, 2, 3].map((edge) => (edge === Number(held.edge) ? (edge % 2 ? dy : dx) : 0)));
    Object.assign(held, { x: event.clientX, y: event.clientY });
  });
  for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { held = null; });
  svg.addEventListener("click", (event) => { if (dragged) event.preventDefault(); dragged = false; }); // else the field under it takes another photograph
  path.addEventListener("keydown", (event) => {
    const step = STEP * long, way = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    const grown = { "+": step, "=": step, "-": -step }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (way && event.shiftKey) change(-way[0], way[1], way[0], -way[1]);
    else if (way) change(...way, ...way);
    else if (grown) change(-grown, -grown, grown, grown);
    else if (event.key === "Escape") tell(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  draw(corners);
  return svg;
}
