"""Photographing: light on a struck face, metal and patina, the museum's background and its camera."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy import ndimage

from hoard.relief import Heights
from hoard.strike import ANGLES, GRAIN, Body, Surface, grain, strike
from ingest.records import Face

Colour = tuple[float, float, float]
Pixels = NDArray[np.float32]  # (3, height, width), 0 to 1

ALBEDO: dict[str, Colour] = {
    "silver": (0.74, 0.73, 0.71),
    "billon": (0.56, 0.54, 0.50),
    "bronze": (0.46, 0.36, 0.25),
    "electrum": (0.84, 0.69, 0.40),
}
#: What time lays on a metal: the tone of a coin picks one and mixes it with its neighbour.
PATINAS: dict[str, tuple[Colour, ...]] = {
    "silver": ((0.20, 0.19, 0.20), (0.33, 0.29, 0.25), (0.26, 0.27, 0.31)),
    "billon": ((0.20, 0.18, 0.15), (0.28, 0.26, 0.20), (0.22, 0.28, 0.24)),
    "bronze": ((0.22, 0.32, 0.24), (0.17, 0.12, 0.08), (0.30, 0.19, 0.12), (0.28, 0.38, 0.34)),
    "electrum": ((0.45, 0.28, 0.14), (0.36, 0.26, 0.16)),
}
GLOSS = {"silver": 1.0, "billon": 0.75, "bronze": 0.5, "electrum": 0.95}


@dataclass(frozen=True)
class Camera:
    """One museum's way of photographing. Degrees; colours 0 to 1; ``fill`` is the coin's share of the width."""

    name: str
    side: int
    ground: str  # plain, velvet, cloth, stone or wood
    colour: Colour
    azimuth: float
    elevation: float
    soft: float  # share of light that comes from everywhere
    warmth: float  # red up and blue down by this share
    contrast: float
    saturation: float
    blur: float
    noise: float
    quality: int
    fill: float
    shadow: float
    scale_bar: bool = False


CAMERAS = (
    Camera("Kabinett A", 420, "plain", (0.97, 0.97, 0.96), -130, 38, 0.34, 0.03, 1.05, 1.0, 0.6, 0.010, 88, 0.86, 0.25),
    Camera("Velvet", 360, "velvet", (0.05, 0.05, 0.07), -45, 32, 0.22, -0.04, 1.18, 0.9, 0.8, 0.016, 80, 0.80, 0.0),
    Camera("Copy stand", 520, "plain", (0.62, 0.63, 0.64), -90, 45, 0.45, 0, 0.95, 0.8, 0.7, 0.01, 90, 0.74, 0.5, True),
    Camera("Archive b/w", 340, "plain", (0.82, 0.82, 0.82), 160, 30, 0.26, 0, 1.25, 0.0, 1.0, 0.024, 76, 0.82, 0.5),
    Camera("Field phone", 480, "wood", (0.36, 0.27, 0.20), 20, 40, 0.36, 0.12, 1.0, 1.1, 1.0, 0.028, 72, 0.68, 0.55),
    Camera("Scanner", 320, "plain", (0.02, 0.02, 0.02), -100, 55, 0.5, -0.02, 0.95, 1.0, 0.9, 0.012, 84, 0.88, 0.0),
    Camera("Dig", 440, "stone", (0.55, 0.51, 0.45), -10, 36, 0.3, 0.07, 1.1, 1.1, 0.8, 0.02, 78, 0.7, 0.6, True),
    Camera("Auction", 560, "cloth", (0.22, 0.26, 0.34), -60, 42, 0.4, -0.01, 1.12, 1.1, 0.5, 0.006, 92, 0.78, 0.5),
)  # fmt: skip


@dataclass(frozen=True)
class Shot:
    """What is chosen anew for every photograph. Angles in degrees, ``drift`` in shares of the picture's width."""

    turn: float
    azimuth: float
    elevation: float
    drift: tuple[float, float]
    fill: float
    texture: tuple[int, int]
    grain_seed: int


def take_shot(rng: np.random.Generator, camera: Camera, level: float) -> Shot:
    turn = rng.normal(0, 2 + 12 * level)
    if rng.random() < 0.1 * level:
        turn += rng.choice([-1, 1]) * rng.uniform(20, 50)
    return Shot(
        turn=float(turn),
        azimuth=float(camera.azimuth + rng.normal(0, 8 + 70 * level)),
        elevation=float(np.clip(camera.elevation + rng.normal(0, 2 + 6 * level), 22, 65)),
        drift=(float(rng.normal(0, 0.012)), float(rng.normal(0, 0.012))),
        fill=float(camera.fill * rng.uniform(0.95, 1.05)),
        texture=(int(rng.integers(GRAIN)), int(rng.integers(GRAIN))),
        grain_seed=int(rng.integers(2**31)),
    )


@dataclass(frozen=True)
class Photograph:
    """``jpeg`` holds the file; ``outline`` the coin's edge, (k, 2) pixels x, y, pixel centres at whole numbers."""

    jpeg: bytes
    side: int
    outline: NDArray[np.float32]


def photograph(die: Heights, body: Body, face: Face, camera: Camera, shot: Shot) -> Photograph:
    """Lays the struck face on the camera's background and takes the picture."""
    side = camera.side
    edge = body.edge(face)
    reach = float(edge.max())
    radius = side * min(shot.fill, 0.94) / 2 / reach
    slack = max((side - 1) / 2 - radius * reach - 1, 0)
    centre = [(side - 1) / 2 + float(np.clip(d * side, -slack, slack)) for d in shot.drift]
    half = int(np.ceil(radius * reach)) + 2
    left, top = (max(round(v) - half, 0) for v in centre)
    window = min(2 * half + 1, side - left, side - top)
    surface = strike(die, body, face, (centre[0] - left, centre[1] - top), radius, shot.turn, window)

    angle = np.arange(0, ANGLES, 3)
    theta = angle * 2 * np.pi / ANGLES + np.radians(shot.turn)
    rays = np.column_stack([np.cos(theta), np.sin(theta)])
    outline = (np.array(centre) + radius * edge[angle, None] * rays).astype(np.float32)

    picture = background(camera, shot)
    light = _direction(shot.azimuth, shot.elevation)
    place = (slice(None), slice(top, top + window), slice(left, left + window))
    if camera.shadow:
        _cast_shadow(picture, surface.alpha, (top, left), light, radius, camera)
    alpha = surface.alpha[None]
    coin = shade(surface, body, light, camera.soft)
    # Dark coins get more light, pale ones less: whoever takes the picture wants to read the coin.
    coin *= (0.40 / max(float((coin * alpha).sum() / (3 * alpha.sum())), 0.05)) ** 0.5
    picture[place] = picture[place] * (1 - alpha) + coin * alpha
    return Photograph(_develop(picture, camera, shot), side, outline)


def _direction(azimuth: float, elevation: float) -> tuple[float, float, float]:
    a, e = np.radians(azimuth), np.radians(elevation)
    return float(np.cos(e) * np.cos(a)), float(np.cos(e) * np.sin(a)), float(np.sin(e))


def shade(surface: Surface, body: Body, light: tuple[float, float, float], soft: float) -> Pixels:
    """Colour of every pixel of a face under one lamp, a weaker one opposite, and soft light from all around."""
    h = surface.height
    gx, gy = np.zeros_like(h), np.zeros_like(h)
    gx[:, 1:-1] = (h[:, 2:] - h[:, :-2]) * 0.62
    gy[1:-1] = (h[2:] - h[:-2]) * 0.62
    nz = 1 / np.sqrt(1 + gx * gx + gy * gy)
    nx, ny = -gx * nz, -gy * nz
    lx, ly, lz = (np.float32(v) for v in light)
    facing = np.maximum(nx * lx + ny * ly + nz * lz, 0)
    # Mirror the eye (straight above) in the surface and ask how near that ray comes to each lamp.
    rx, ry, rz = 2 * nz * nx, 2 * nz * ny, 2 * nz * nz - 1
    toward = rx * lx + ry * ly + rz * lz
    back = -0.8 * (rx * lx + ry * ly) * np.float32(1.1) + 0.45 * rz
    sheen = 0.7 * np.exp(8 * (toward - 1)) + 0.25 * np.exp(5 * (back - 1)) + 0.5 * np.exp(45 * (toward - 1))
    # Recesses see less of the sky and hold the dirt.
    unit = np.float32(h.shape[0])
    hollow = (h - ndimage.uniform_filter(h, max(3, h.shape[0] // 20))) / (unit * np.float32(0.009))
    groove = (h - ndimage.uniform_filter(h, max(3, h.shape[0] // 60))) / (unit * np.float32(0.0045))
    open_ = np.clip(1 + 0.45 * hollow + 0.35 * groove, 0.25, 1.3)

    cover = (
        body.patina * 1.1
        + 0.4 * surface.cloud
        - 0.9 * surface.rubbed * (0.35 + 0.65 * body.wear)
        - 0.5 * hollow
        - 0.4 * groove
    )
    cover = np.clip(cover - 0.15, 0, 0.92) + 0.5 * np.clip(surface.pits, 0, 1)
    cover = np.clip(cover, 0, 0.95).astype(np.float32)
    bare, patina = np.array(ALBEDO[body.metal]), _patina(body)
    gloss = np.float32(GLOSS[body.metal] * (1 - 0.35 * body.corrosion)) * (1 - 0.72 * cover)
    diffuse = (np.float32(soft) + np.float32(1.25 * (1 - soft)) * facing) * open_
    out = np.empty((3, *h.shape), np.float32)
    for k in range(3):
        albedo = np.float32(bare[k]) + np.float32(patina[k] - bare[k]) * cover
        glint = np.float32(0.35 + 0.65 * bare[k])
        out[k] = albedo * diffuse * (0.86 - 0.22 * gloss) + gloss * glint * sheen * open_
    return out


def _patina(body: Body) -> NDArray[np.float64]:
    colours = np.array(PATINAS[body.metal])
    at = body.tone * (len(colours) - 1)
    k = min(int(at), len(colours) - 2)
    return colours[k] + (at - k) * (colours[k + 1] - colours[k])


def background(camera: Camera, shot: Shot) -> Pixels:
    """The ground a museum lays its coins on, with this photograph's piece of its texture."""
    side = camera.side
    rows = (np.arange(side) + shot.texture[0]) % GRAIN
    columns = (np.arange(side) + shot.texture[1]) % GRAIN
    fine, pitted, cloud = (tile[np.ix_(rows, columns)] for tile in grain())
    if camera.ground == "velvet":
        tone = 1 + 0.35 * fine + 0.25 * cloud
    elif camera.ground == "cloth":
        weave = np.sin(np.arange(side) * 2.1)[None, :] * np.sin(np.arange(side) * 2.0)[:, None]
        tone = 1 + 0.16 * weave.astype(np.float32) + 0.06 * cloud + 0.05 * fine
    elif camera.ground == "stone":
        tone = 1 + 0.06 * cloud + 0.08 * pitted + 0.07 * fine
    elif camera.ground == "wood":
        fibres = grain()[1][np.ix_(rows, columns // 24)]  # a tile drawn out along the boards
        tone = 1 + 0.12 * ndimage.gaussian_filter1d(fibres, 12, axis=1) + 0.04 * cloud + 0.03 * fine
    else:
        tone = 1 + 0.006 * cloud
    slope = np.linspace(-0.5, 0.5, side, dtype=np.float32)
    lx, ly, _ = _direction(shot.azimuth, 0)
    tone = tone * (1 + 0.10 * (1 - camera.soft) * (lx * slope[None, :] + ly * slope[:, None]))
    picture = np.array(camera.colour, np.float32)[:, None, None] * tone[None]
    if camera.scale_bar:
        _lay_scale(picture, camera)
    return picture


def _lay_scale(picture: Pixels, camera: Camera) -> None:
    """A centimetre scale in black and white at the lower edge."""
    side = camera.side
    bar = Image.new("L", (side // 2, max(side // 22, 8)), 240)
    draw = ImageDraw.Draw(bar)
    step = bar.width // 5
    for k in range(0, 5, 2):
        draw.rectangle((k * step, 0, (k + 1) * step, bar.height // 2), fill=15)
    draw.text(
        (bar.width - 24, bar.height // 2 - 2), "cm", fill=20, font=ImageFont.load_default(max(bar.height // 2, 8))
    )
    y, x = side - bar.height - side // 60, side // 40
    picture[:, y : y + bar.height, x : x + bar.width] = np.asarray(bar, np.float32) / 255


def _cast_shadow(
    picture: Pixels,
    alpha: Heights,
    corner: tuple[int, int],
    light: tuple[float, float, float],
    radius: float,
    camera: Camera,
) -> None:
    """Darkens the ground on the side away from the lamp; worked out at a quarter of the size, as it is soft."""
    side = camera.side
    small = side // 4
    mask = np.zeros((side, side), np.float32)
    mask[corner[0] : corner[0] + alpha.shape[0], corner[1] : corner[1] + alpha.shape[1]] = alpha
    coarse = np.asarray(Image.fromarray(mask).resize((small, small), Image.Resampling.BOX))
    length = radius * 0.07 / max(light[2], 0.3) / 4
    moved = ndimage.shift(coarse, (-light[1] * length, -light[0] * length), order=1, mode="nearest")
    dark = ndimage.gaussian_filter(np.maximum(moved, coarse), 0.6 + radius * 0.025 / 4 * (1 + camera.soft))
    full = np.asarray(Image.fromarray(dark).resize((side, side), Image.Resampling.BILINEAR))
    picture *= 1 - np.float32(camera.shadow) * full


def _develop(picture: Pixels, camera: Camera, shot: Shot) -> bytes:
    """Lens, sensor and file: white balance, contrast, blur, noise, JPEG."""
    picture *= np.array([1 + camera.warmth, 1, 1 - camera.warmth], np.float32)[:, None, None]
    grey = picture.mean(0)
    picture = grey + np.float32(camera.saturation) * (picture - grey)
    picture = (picture - 0.45) * np.float32(camera.contrast) + 0.45
    sharp = np.clip(picture * 255 + 0.5, 0, 255).astype(np.uint8).transpose(1, 2, 0)
    blurred = np.asarray(Image.fromarray(np.ascontiguousarray(sharp)).filter(ImageFilter.GaussianBlur(camera.blur)))
    noise = np.random.default_rng(shot.grain_seed).standard_normal(grey.shape, np.float32)
    noise = (noise * np.float32(255 * camera.noise)).astype(np.int16)
    image = Image.fromarray(np.clip(blurred + noise[..., None], 0, 255).astype(np.uint8))
    if camera.saturation == 0:
        image = image.convert("L")
    file = io.BytesIO()
    image.save(file, "JPEG", quality=camera.quality)
    return file.getvalue()
