"""Striking: what happens to one coin between the dies and the find, and its surface as a height map."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from hoard.relief import REACH, SCALE, Heights
from ingest.records import Face

ANGLES = 360  #: steps of the table that holds a flan's outline
GRAIN = 1024  #: side of the tiles of noise, in texels
TEXELS = 200  #: texels in one die radius
METALS = ("silver", "billon", "bronze", "electrum")


@lru_cache(maxsize=1)
def grain() -> tuple[Heights, Heights, Heights]:
    """Three tiles of noise that repeat without a seam, mean 0 and deviation 1: fine grain, pitting, clouds."""
    rng = np.random.default_rng(20240229)
    f = np.hypot(np.fft.fftfreq(GRAIN)[:, None], np.fft.rfftfreq(GRAIN)[None, :]) * GRAIN
    f[0, 0] = 1
    tiles = []
    for slope, low, high in ((0.3, 110, 500), (1.0, 10, 120), (1.6, 3, 60)):
        spectrum = np.fft.rfft2(rng.normal(size=(GRAIN, GRAIN))) * f**-slope
        spectrum *= np.exp(-((f / high) ** 2)) * (1 - np.exp(-((f / low) ** 2)))
        tile = np.fft.irfft2(spectrum, (GRAIN, GRAIN))
        tiles.append(((tile - tile.mean()) / tile.std()).astype(np.float32))
    return tiles[0], tiles[1], tiles[2]


@dataclass(frozen=True)
class Blow:
    """How one face was struck. Lengths in die radii, in the frame of the upright design."""

    shift: tuple[float, float]
    tilt: tuple[float, float]  # how much the pressure falls off to one side
    uneven: float  # how flat the relief stays in spots
    ghost: tuple[float, float] | None  # displacement of a second blow


@dataclass(frozen=True)
class Body:
    """One coin as a thing. All numbers without a unit run from 0 (none) to about 1 (much)."""

    metal: str
    outline: NDArray[np.float32]  # distance of the edge from the centre by angle, in die radii
    obverse: Blow
    reverse: Blow
    wear: float
    corrosion: float
    patina: float
    tone: float  # which patina: 0 to 1
    cracks: tuple[tuple[float, float, float], ...]  # angle (radians), depth, lean
    scratches: tuple[tuple[float, float, float, float], ...]  # from x, y to x, y
    texture: tuple[int, int]  # where in the tiles of noise this coin lies

    def blow(self, face: Face) -> Blow:
        return self.obverse if face == "obverse" else self.reverse

    def edge(self, face: Face) -> NDArray[np.float32]:
        """The reverse shows the outline mirrored."""
        return self.outline if face == "obverse" else np.roll(self.outline[::-1], ANGLES // 2 + 1)


def prepare_body(rng: np.random.Generator, level: float) -> Body:
    """A flan and its fate at difficulty ``level`` (0 easy to 1 hard)."""
    angle = np.arange(ANGLES) * 2 * np.pi / ANGLES
    outline = np.full(ANGLES, rng.uniform(0.97, 1.07))
    for k in range(2, 12):
        outline += rng.normal(0, (0.02 + 0.05 * level) / k**1.3) * np.cos(k * angle + rng.uniform(0, 6.3))
    if rng.random() < 0.35 * level:  # clipped, or broken
        off = np.cos(angle - rng.uniform(0, 6.3))
        chord = rng.uniform(0.72, 0.92) + 0.02 * np.sin(9 * angle)
        outline = np.minimum(outline, np.where(off > 0.1, chord / np.maximum(off, 0.1), 9))
    cracks = tuple(
        (float(rng.uniform(0, 6.3)), float(rng.uniform(0.08, 0.2 + 0.35 * level)), float(rng.normal(0, 0.3)))
        for _ in range(rng.poisson(0.3 + 1.6 * level))
    )
    for where, depth, _lean in cracks:
        gap = np.abs((angle - where + np.pi) % (2 * np.pi) - np.pi)
        outline -= (0.03 + 0.1 * depth) * np.exp(-((gap / 0.035) ** 2))
    scratches = []
    for _ in range(rng.poisson(0.4 + 2.0 * level)):
        start = rng.uniform(-0.8, 0.8, 2)
        scratches.append((*start, *(start + rng.normal(0, 0.3, 2))))
    worn = 0.12 + 0.72 * level
    return Body(
        metal=str(rng.choice(METALS, p=(0.42, 0.25, 0.25, 0.08))),
        outline=np.clip(outline, 0.55, 1.2).astype(np.float32),
        obverse=_blow(rng, level),
        reverse=_blow(rng, level),
        wear=float(rng.beta(4 * worn, 4 * (1 - worn))),
        corrosion=float(rng.beta(1.1, 2.6) * (0.2 + 0.8 * level)),
        patina=float(rng.beta(1.5, 1.5)),
        tone=float(rng.random()),
        cracks=cracks,
        scratches=tuple(scratches),
        texture=(int(rng.integers(GRAIN)), int(rng.integers(GRAIN))),
    )


def _blow(rng: np.random.Generator, level: float) -> Blow:
    dx, dy = rng.normal(0, 0.015 + 0.085 * level, 2)
    tx, ty = rng.normal(0, 0.05 + 0.36 * level, 2)
    ghost = tuple(float(v) for v in rng.normal(0, 0.05, 2)) if rng.random() < 0.06 * level else None
    return Blow((float(dx), float(dy)), (float(tx), float(ty)), float(rng.uniform(0, 0.08 + 0.75 * level)), ghost)  # type: ignore[arg-type]


@dataclass
class Surface:
    """A struck face as seen by the camera: square arrays over one window of the picture."""

    height: Heights  # in pixels of the picture
    alpha: Heights  # 1 inside the coin, 0 outside, between at the edge
    rubbed: Heights  # 1 where wear lays the metal bare, 0 in the recesses
    cloud: Heights  # slow noise for patina, deviation 1
    pits: Heights  # depth of corrosion, 0 to about 1


def strike(
    die: Heights, body: Body, face: Face, centre: tuple[float, float], radius: float, turn: float, side: int
) -> Surface:
    """The surface of one face in a window of ``side`` pixels.

    ``centre`` and ``radius`` (of the die) are in pixels of the window, ``turn`` in degrees clockwise.
    """
    c, s = np.float32(np.cos(np.radians(turn))), np.float32(np.sin(np.radians(turn)))
    x = ((np.arange(side, dtype=np.float32) - np.float32(centre[0])) / np.float32(radius))[None, :]
    y = ((np.arange(side, dtype=np.float32) - np.float32(centre[1])) / np.float32(radius))[:, None]
    u, v = c * x + s * y, c * y - s * x  # the coin's own frame
    r = np.hypot(u, v)
    edge = body.edge(face)
    steps = np.arctan2(v, u) * np.float32(ANGLES / (2 * np.pi))
    whole = np.floor(steps)
    part, first = steps - whole, whole.astype(np.int32) % ANGLES
    inward = edge[first] * (1 - part) + edge[(first + 1) % ANGLES] * part - r

    texel = (
        ((v * TEXELS).astype(np.int32) + body.texture[1]) % GRAIN,
        ((u * TEXELS).astype(np.int32) + body.texture[0] + (311 if face == "reverse" else 0)) % GRAIN,
    )
    fine, pitted, cloud = (tile[texel] for tile in grain())

    blow = body.blow(face)
    relief, struck = _impression(die, u - np.float32(blow.shift[0]), v - np.float32(blow.shift[1]))
    if blow.ghost:
        earlier, _ = _impression(die, u - blow.shift[0] - blow.ghost[0], v - blow.shift[1] - blow.ghost[1])
        relief = np.maximum(relief, 0.7 * earlier)
    pressure = 1 + blow.tilt[0] * u + blow.tilt[1] * v - blow.uneven * np.maximum(cloud + 0.2, 0)
    relief *= np.clip(pressure, 0.12, 1.1).astype(np.float32)

    # Wear rounds everything and takes most from what stands highest.
    sharp = relief
    wear = body.wear
    roof = 0.17 * (1 - 0.88 * wear)
    relief = roof * (1 - np.exp(-relief / roof)) * (1 - 0.25 * wear)
    relief = ndimage.gaussian_filter(relief, (0.003 + 0.028 * wear**1.4) * radius, truncate=2.5)
    rubbed = np.clip((sharp - 0.02) / 0.07, 0, 1)

    pits = np.clip(pitted + 0.7 * cloud - (2.9 - 2.4 * body.corrosion), 0, 1.5) * (0.3 + body.corrosion)
    bowl = -0.05 if face == "obverse" else 0.045
    rim = np.clip(inward / 0.055, 0, 1)
    height = relief + bowl * r * r + 0.014 * (1 - struck) - 0.05 * (1 - np.sqrt(1 - (1 - rim) ** 2))
    height += 0.00045 * (1 + 2.5 * body.corrosion) * fine - 0.02 * pits + 0.004 * cloud * (0.3 + body.corrosion)
    marks = _marks(body, centre, radius, turn, face, side)
    if marks is not None:
        height -= 0.045 * marks
        pits = np.maximum(pits, marks - 0.3)
    return Surface(height * np.float32(radius), np.clip(inward * radius + 0.5, 0, 1), rubbed, cloud, pits)


def _impression(die: Heights, u: Heights, v: Heights) -> tuple[Heights, Heights]:
    """The die's relief at these points, and 1 where the die reached the flan (0 beyond its edge)."""
    at = [(v + np.float32(REACH)) * np.float32(SCALE), (u + np.float32(REACH)) * np.float32(SCALE)]
    relief = ndimage.map_coordinates(die, at, order=1, mode="constant", prefilter=False)
    struck = np.clip((1.06 - np.hypot(u, v)) / 0.05, 0, 1)
    return relief * struck, struck


def _marks(
    body: Body, centre: tuple[float, float], radius: float, turn: float, face: Face, side: int
) -> Heights | None:
    """Cracks from the edge and scratches, 1 where they are deepest."""
    if not body.cracks and not body.scratches:
        return None
    canvas = Image.new("L", (side, side))
    draw = ImageDraw.Draw(canvas)
    flip = -1.0 if face == "reverse" else 1.0
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))

    def place(px: float, py: float) -> tuple[float, float]:
        px *= flip
        return centre[0] + radius * (c * px - s * py), centre[1] + radius * (s * px + c * py)

    for angle, depth, lean in body.cracks:
        out = float(body.outline[int(angle / (2 * np.pi) * ANGLES) % ANGLES]) + 0.06
        way = np.linspace(0, 1, 6)
        bend = angle + lean * way * depth + 0.03 * np.sin(way * 17 + angle * 9)
        path = [
            place(float((out - t * depth) * np.cos(a)), float((out - t * depth) * np.sin(a)))
            for t, a in zip(way, bend, strict=True)
        ]
        for k in range(5):
            draw.line(path[k : k + 2], fill=255, width=max(1, round(radius * 0.03 * (1 - k / 5))))
    if face == "obverse":
        for x0, y0, x1, y1 in body.scratches:
            draw.line([place(x0, y0), place(x1, y1)], fill=40, width=max(1, round(radius * 0.006)))
    marks = np.asarray(canvas, np.float32) / 255
    return ndimage.gaussian_filter(marks, 0.8)
