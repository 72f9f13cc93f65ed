"""How well a coin is cut out of difficult photographs: the sample hoard's coins laid on grounds that are hard.

Every picture is made, so the true outline is known: shadows, scale bars, colour cards, labels, cloth, wood, stone,
graph paper, two tones, slopes of light, coins that are faint, small, broken or cut by the picture's edge, 100 to 6,000
pixels, and pictures without any coin. Prints intersection over union per kind, and how honest the confidence is. What
`ingest.outlines` does was chosen on seeds 1 to 5; the figures are those of seeds 31 to 33.

    python -m benchmarks.cutout [--seeds 31 32 33] [--each 12] [--worst FILE.png]
    python -m benchmarks.cutout --fit --seeds 1 2 3 4 5 --each 6
"""

import argparse
import io
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from benchmarks.common import markdown
from hoard import make_hoard, read_truth
from ingest.images import open_picture
from ingest.outlines import LOOK, SURE, Outline, candidates, find_outline
from ingest.rims import Signs, shrunk

GOOD = 0.9  # of intersection over union: worse is no cut-out
PALE = ((0.97, 0.97, 0.96), (0.85, 0.86, 0.84), (0.93, 0.89, 0.80))
MIDDLE = ((0.60, 0.60, 0.62), (0.45, 0.48, 0.45), (0.62, 0.50, 0.38))
DARK = ((0.03, 0.03, 0.03), (0.16, 0.16, 0.17), (0.10, 0.16, 0.30), (0.36, 0.07, 0.08), (0.07, 0.22, 0.13))
ANY = PALE + MIDDLE + DARK

Random = np.random.Generator


@dataclass(frozen=True)
class Cut:
    """A coin without its ground: ``pixels`` (side, side, 3) from 0 to 1 and ``alpha`` (side, side)."""

    pixels: np.ndarray
    alpha: np.ndarray


@dataclass(frozen=True)
class Scene:
    """A photograph, and where the coin is in it, 0 to 255, at any size (None where there is no coin)."""

    picture: Image.Image
    truth: np.ndarray | None


def coins_of(seed: int) -> list[Cut]:
    """The coins of a sample hoard, each cut out by its true outline, a pixel and a half of its edge left behind."""
    with tempfile.TemporaryDirectory() as folder:
        make_hoard(Path(folder, "hoard"), coins=16, types=6, seed=seed)
        return _cuts(Path(folder, "hoard"))


def _cuts(folder: Path) -> list[Cut]:
    found = []
    for coin in read_truth(folder)["coins"]:
        for side in coin["sides"].values():
            picture = open_picture(folder / side["file"])
            whole = Outline(np.array(side["outline"], np.float32) + 0.5, picture.size, 1.0)
            middle = whole.polygon.mean(0)
            reach = np.hypot(*(whole.polygon - middle).T)[:, None]
            inner = Outline(middle + (whole.polygon - middle) * (1 - 1.5 / reach), picture.size, 1.0)
            left, top, size = (round(value) for value in inner.square)
            box = (left, top, left + size, top + size)
            alpha = Image.fromarray((inner.mask(*picture.size) * 255).astype(np.uint8))
            found.append(Cut(*(np.asarray(layer.crop(box), np.float32) / 255 for layer in (picture, alpha))))
    return found


# --- grounds --------------------------------------------------------------------------------------------------------


def cloud(random: Random, height: int, width: int, grain: float) -> np.ndarray:
    """Smooth noise (height, width) of deviation 1 whose spots are ``grain`` pixels wide."""
    small = random.standard_normal((max(2, int(height / grain)) + 2, max(2, int(width / grain)) + 2), np.float32)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def flat(random: Random, height: int, width: int, colours: tuple = ANY) -> np.ndarray:
    colour = np.array(colours[random.integers(len(colours))], np.float32)
    return colour * (1 + 0.008 * cloud(random, height, width, 60))[..., None]


def slope(random: Random, height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle = random.uniform(0, 2 * np.pi)
    if random.random() < 0.5:
        light = 0.72 + 0.28 * (np.cos(angle) * x + np.sin(angle) * y)
    else:
        light = 1 - random.uniform(0.25, 0.4) * (x * x + y * y)
    return flat(random, height, width) * light.clip(0.15, 1)[..., None]


def two_tones(random: Random, height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    angle = random.uniform(0, 2 * np.pi)
    first, second = flat(random, height, width, PALE + MIDDLE), flat(random, height, width, DARK)
    beyond = np.cos(angle) * x + np.sin(angle) * y > random.uniform(-0.5, 0.5)
    return np.where(beyond[..., None], first, second).astype(np.float32)


def cloth(random: Random, height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    period = random.uniform(4, 9)
    weave = np.sin(x * 2 * np.pi / period) * np.sin(y * 2 * np.pi / (period * random.uniform(0.8, 1.3)))
    tone = 1 + 0.25 * weave + 0.10 * cloud(random, height, width, 90) + 0.10 * cloud(random, height, width, 3)
    return flat(random, height, width, MIDDLE + DARK) * tone[..., None]


def wood(random: Random, height: int, width: int) -> np.ndarray:
    colour = np.array(((0.55, 0.38, 0.22), (0.34, 0.22, 0.13), (0.72, 0.57, 0.38))[random.integers(3)], np.float32)
    grain = cv2.resize(cloud(random, height, 24, 4), (width, height), interpolation=cv2.INTER_CUBIC)
    tone = 1 + 0.16 * grain + 0.06 * cloud(random, height, width, 120) + 0.04 * cloud(random, height, width, 2)
    for board in np.cumsum(random.uniform(0.25, 0.6, 6)) * height:
        tone[int(board) : int(board) + 3] *= 0.45
    return colour * tone[..., None]


def stone(random: Random, height: int, width: int) -> np.ndarray:
    spots = sum(share * cloud(random, height, width, grain) for share, grain in ((0.20, 70), (0.16, 18), (0.12, 4)))
    tint = 1 + 0.08 * np.stack([cloud(random, height, width, 40) for _ in range(3)], 2)
    return flat(random, height, width, MIDDLE) * (1 + spots)[..., None] * tint


def graph_paper(random: Random, height: int, width: int) -> np.ndarray:
    ground, step = flat(random, height, width, PALE), int(random.integers(9, 16))
    ink = np.array(((0.85, 0.45, 0.35), (0.35, 0.55, 0.75), (0.45, 0.45, 0.45))[random.integers(3)], np.float32)
    for every, strength, thick in ((step, 0.5, 1), (10 * step, 1.0, 2)):
        for line in range(thick):
            for lines in (ground[line::every], ground[:, line::every]):
                lines += strength * (ink - lines)
    return ground


GROUNDS: dict[str, Callable[[Random, int, int], np.ndarray]] = {
    "white and pale": lambda r, h, w: flat(r, h, w, PALE),
    "middle grey and brown": lambda r, h, w: flat(r, h, w, MIDDLE),
    "dark and black": lambda r, h, w: flat(r, h, w, DARK),
    "slope of light": slope,
    "two tones": two_tones,
    "cloth": cloth,
    "wood": wood,
    "mottled stone": stone,
    "graph paper": graph_paper,
}


def any_ground(random: Random, height: int, width: int) -> np.ndarray:
    return list(GROUNDS.values())[random.integers(len(GROUNDS))](random, height, width)


# --- what lies beside the coin --------------------------------------------------------------------------------------


def scale_bar(random: Random) -> Image.Image:
    width, height = int(random.integers(260, 520)), int(random.integers(14, 40))
    bar = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(bar)
    for k in range(0, 10, 2):
        draw.rectangle((k * width // 10, 0, (k + 1) * width // 10, height // 2), fill="black")
    draw.rectangle((0, 0, width - 1, height - 1), outline="black")
    return bar


def colour_card(random: Random) -> Image.Image:
    columns, patch = int(random.integers(4, 8)), int(random.integers(36, 60))
    card = Image.new("RGB", (columns * patch + 8, 2 * patch + 8), (20, 20, 20))
    draw = ImageDraw.Draw(card)
    for k in range(2 * columns):
        x, y = 4 + k % columns * patch, 4 + k // columns * patch
        colour = tuple(int(v) for v in random.integers(0, 256, 3))
        draw.rectangle((x + 3, y + 3, x + patch - 4, y + patch - 4), fill=colour)
    return card


def label(random: Random) -> Image.Image:
    card = Image.new("RGB", (int(random.integers(180, 360)), int(random.integers(70, 140))), (245, 242, 230))
    draw = ImageDraw.Draw(card)
    for line in range(3):
        text = f"Inv. {random.integers(10000)}/{random.integers(99)} Mus."
        draw.text((10, 6 + line * card.height // 3), text, (30, 30, 30), ImageFont.load_default(card.height // 4))
    return card


def beside(picture: np.ndarray, thing: Image.Image, circle: tuple[float, float, float], random: Random) -> None:
    """Lay a thing on a picture where it does not touch the coin; nowhere where there is no room."""
    height, width = picture.shape[:2]
    turn = float(random.choice([0, 0, 90]) + random.normal(0, 1.5))
    laid = np.asarray(thing.convert("RGBA").rotate(turn, Image.Resampling.BICUBIC, expand=True), np.float32) / 255
    x, y, radius = circle
    for _ in range(200):
        left, top = random.integers(-20, width - 20), random.integers(-20, height - 20)
        right, bottom = left + laid.shape[1], top + laid.shape[0]
        away = np.hypot(x - np.clip(x, left, right), y - np.clip(y, top, bottom))
        rows, columns = slice(max(top, 0), min(bottom, height)), slice(max(left, 0), min(right, width))
        part = laid[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        if away > radius * 1.05 and part.shape[0] * part.shape[1] > 0.7 * laid.shape[0] * laid.shape[1]:
            cover = part[..., 3:]
            picture[rows, columns] = picture[rows, columns] * (1 - cover) + part[..., :3] * cover
            return


def shadow(picture: np.ndarray, alpha: np.ndarray, radius: float, random: Random, hard: bool) -> None:
    angle, length = random.uniform(0, 2 * np.pi), radius * random.uniform(0.05, 0.2)
    move = np.array([[1, 0, np.cos(angle) * length], [0, 1, np.sin(angle) * length]], np.float32)
    moved = np.maximum(cv2.warpAffine(alpha, move, alpha.shape[::-1]), alpha)
    soft = radius * (random.uniform(0.008, 0.02) if hard else random.uniform(0.05, 0.12))
    picture *= 1 - random.uniform(0.4, 0.7) * cv2.GaussianBlur(moved, (0, 0), soft)[..., None]


def broken(coin: Cut, random: Random) -> Cut:
    """A piece is gone: along a ragged line, or out of the edge."""
    side = coin.alpha.shape[0]
    y, x = (np.mgrid[:side, :side].astype(np.float32) - side / 2) / (side / 2)
    angle = random.uniform(0, 2 * np.pi)
    across, along = np.cos(angle) * x + np.sin(angle) * y, -np.sin(angle) * x + np.cos(angle) * y
    ragged = np.interp(along, np.linspace(-1, 1, 24), random.normal(0, 0.03, 24)).astype(np.float32)
    if random.random() < 0.5:
        left = (random.uniform(0.35, 0.75) + ragged - across) * side / 2
    else:
        left = (np.abs(along) + ragged - (across - random.uniform(0.45, 0.7)) * random.uniform(0.5, 0.9)) * side / 2
    return Cut(coin.pixels, coin.alpha * (left + 0.5).clip(0, 1))


def faint(coin: Cut, ground: np.ndarray, random: Random) -> Cut:
    """Worn smooth, and nearly of the colour of its ground."""
    weight = coin.alpha[..., None] / coin.alpha.sum()
    mean = (coin.pixels * weight).sum((0, 1))
    near = ground.mean((0, 1)) * random.choice([0.85, 1.15]) + random.normal(0, 0.02, 3)
    return Cut(((coin.pixels - mean) * 0.5 + near).astype(np.float32).clip(0, 1), coin.alpha)


# --- photographs ----------------------------------------------------------------------------------------------------


def laid(coin: Cut, ground: np.ndarray, circle: tuple[float, float, float], turn: float) -> tuple[np.ndarray, ...]:
    """The coin turned and brought to its place: its colours and its alpha, of the ground's size."""
    height, width = ground.shape[:2]
    x, y, radius = circle
    side = coin.alpha.shape[0]
    move = cv2.getRotationMatrix2D((side / 2, side / 2), turn, 2 * radius / side)
    move[:, 2] += np.array([x, y]) - side / 2
    colours = cv2.warpAffine(coin.pixels, move, (width, height), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return colours, cv2.warpAffine(coin.alpha, move, (width, height), flags=cv2.INTER_AREA)


def scene(kind: str, coins: list[Cut], random: Random) -> Scene:
    """One photograph of a kind."""
    width, height = (900, 700) if random.random() < 0.7 else (760, 760)
    ground = GROUNDS.get(kind, flat if kind in PLAIN else any_ground)(random, height, width)
    radius = height * random.uniform(0.24, 0.38)
    if kind == "small coin":
        radius = height * random.uniform(0.09, 0.14)
    elif kind in BESIDE or kind == "no coin":
        radius = height * random.uniform(0.2, 0.3)
    slack = np.array([width / 2 - radius, height / 2 - radius]) * (0.9 if kind in BESIDE else 0.5)
    x, y = np.array([width, height]) / 2 + random.uniform(-1, 1, 2) * slack
    if kind == "cut by the edge":
        x, radius = random.choice([radius * 0.8, width - radius * 0.8]), radius * 1.15
    circle = (float(x), float(y), float(radius))
    for name in BESIDE.get(kind, ()):
        beside(ground, THINGS[name](random), circle, random)
    if kind == "no coin":
        if random.random() < 0.5:
            beside(ground, THINGS[str(random.choice(list(THINGS)))](random), (-9e3, -9e3, 1), random)
        return Scene(developed(ground, random), None)
    coin = coins[random.integers(len(coins))]
    if kind == "broken flan":
        coin = broken(coin, random)
    elif kind == "faint coin":
        coin = faint(coin, ground, random)
    colours, alpha = laid(coin, ground, circle, random.uniform(0, 360) if kind != "100 pixels" else 0.0)
    if kind in ("hard shadow", "soft shadow", "everything at once") or random.random() < 0.3:
        shadow(ground, alpha, radius, random, kind == "hard shadow")
    picture = ground * (1 - alpha[..., None]) + colours * alpha[..., None]
    longest = {"100 pixels": int(random.integers(90, 130)), "6,000 pixels": 6000}.get(kind)
    photograph = developed(picture, random, longest or int(random.integers(400, 900)))
    return Scene(photograph, (alpha * 255).astype(np.uint8))


THINGS = {"scale bar": scale_bar, "colour card": colour_card, "label": label}
BESIDE = {**{name: (name,) for name in THINGS}, "everything at once": tuple(THINGS)}
PLAIN = {*THINGS, "soft shadow", "hard shadow", "broken flan", "faint coin"}
KINDS = (
    *GROUNDS,
    *("soft shadow", "hard shadow", *THINGS, "everything at once"),
    *("faint coin", "small coin", "broken flan", "cut by the edge", "100 pixels", "6,000 pixels", "no coin"),
)


def developed(picture: np.ndarray, random: Random, longest: int = 800) -> Image.Image:
    """Through a lens, a sensor and a JPEG."""
    blurred = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.5, 1.2))
    image = Image.fromarray((blurred.clip(0, 1) * 255).astype(np.uint8))
    scale = longest / max(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    pixels = np.asarray(image)
    noise = random.standard_normal((*pixels.shape[:2], 1), np.float32) * random.uniform(1, 6)
    np.clip(noise + pixels, 0, 255, out=(noisy := np.empty(pixels.shape, np.float32)))
    file = io.BytesIO()
    Image.fromarray(noisy.astype(np.uint8)).save(file, "JPEG", quality=int(random.integers(60, 92)))
    return open_picture(file, 448)


def overlap(outline: Outline, truth: np.ndarray) -> float:
    """Intersection over union."""
    seen, true = outline.mask(truth.shape[1], truth.shape[0]) > 0.5, truth > 127
    return float((seen & true).sum() / (seen | true).sum())


# --- figures --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    kind: str
    scene: Scene
    outline: Outline
    share: float
    seconds: float


def scenes(coins: list[Cut], seed: int, each: int, kinds: tuple[str, ...]) -> Iterator[tuple[str, Scene]]:
    for kind in kinds:
        random = np.random.default_rng([seed, KINDS.index(kind)])
        for _ in range(each if kind != "6,000 pixels" else max(1, each // 6)):
            yield kind, scene(kind, coins, random)


def measured(coins: list[Cut], seed: int, each: int, kinds: tuple[str, ...]) -> Iterator[Found]:
    for kind, made in scenes(coins, seed, each, kinds):
        start = time.perf_counter()
        outline = find_outline(made.picture)
        spent = time.perf_counter() - start
        yield Found(kind, made, outline, overlap(outline, made.truth) if made.truth is not None else 0.0, spent)


def row(kind: str, found: list[Found]) -> dict[str, str]:
    shares = np.array([one.share for one in found])
    sure = np.array([one.outline.sure for one in found])
    good = shares >= GOOD
    there = found[0].scene.truth is not None
    return {
        "kind": kind,
        "pictures": str(len(found)),
        "mean": f"{shares.mean():.3f}" if there else "",
        "median": f"{np.median(shares):.3f}" if there else "",
        f"at least {GOOD}": f"{good.mean():.0%}" if there else "",
        "sure": f"{sure.mean():.0%}",
        "mean where sure": f"{shares[sure].mean():.3f}" if there and sure.any() else "",
        "sure and bad": str(int((sure & ~good).sum())),
        "good, not sure": str(int((~sure & good).sum())),
        "ms": f"{np.median([one.seconds for one in found]) * 1000:.0f}",
    }


def honesty(found: list[Found]) -> str:
    good = np.array([one.share >= GOOD for one in found])
    confidence = np.array([one.outline.confidence for one in found])
    area = roc_auc_score(good, confidence) if 0 < good.sum() < len(good) else float("nan")
    lines = [f"ROC-AUC of the confidence, outlines of at least {GOOD} against all others: {area:.3f}.", ""]
    rows = []
    for low, high in ((0, 0.5), (0.5, SURE), (SURE, 0.9), (0.9, 0.95), (0.95, 1.01)):
        here = (confidence >= low) & (confidence < high)
        share = f"{good[here].mean():.2f}" if here.any() else ""
        rows.append({"confidence": f"{low:.2f} to {min(high, 1):.2f}", "pictures": here.sum(), "good": share})
    return "\n".join([*lines, markdown(rows)])


def fit(seeds: list[int], each: int) -> None:
    """Print the weights of `ingest.rims`: every candidate outline of every picture, good or not."""
    rows, good = [], []
    for seed in seeds:
        for _, made in scenes(coins_of(seed), seed, each, KINDS):
            pixels = shrunk(made.picture, LOOK)
            for star, seen in candidates(pixels):
                rows.append(astuple(seen))
                outline = Outline(star.polygon(), (pixels.shape[1], pixels.shape[0]), 0.0)
                good.append(made.truth is not None and overlap(outline, made.truth) >= GOOD)
    scaler = StandardScaler().fit(rows)
    model = LogisticRegression(C=0.3, max_iter=2000).fit(scaler.transform(rows), good)
    weights = model.coef_[0] / scaler.scale_
    for field, weight in zip(fields(Signs), weights, strict=True):
        print(f"{field.name}={weight:.3g},")
    print(f"INTERCEPT = {model.intercept_[0] - weights @ scaler.mean_:.3g}")


def contact_sheet(found: list[Found], file: Path, most: int = 96) -> None:
    """The worst outlines, least overlap first: found in red (green where sure), true in blue."""
    worst = sorted(found, key=lambda one: one.share - 2 * (one.scene.truth is None and one.outline.sure))[:most]
    tile, columns = 190, 8
    sheet = Image.new("RGB", (columns * tile, -(-len(worst) // columns) * (tile + 12)), "#444")
    for position, one in enumerate(worst):
        picture = one.scene.picture.copy()
        picture.thumbnail((tile - 4, tile - 4))
        pixels = np.asarray(picture).copy()
        scale = np.array(picture.size) / one.scene.picture.size
        if one.scene.truth is not None:
            true = cv2.resize(one.scene.truth, picture.size, interpolation=cv2.INTER_AREA) // 128
            edges, _ = cv2.findContours(true, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(pixels, edges, -1, (0, 0, 255))
        line = np.round(one.outline.polygon * scale).astype(np.int32)
        cv2.polylines(pixels, [line], True, (0, 255, 0) if one.outline.sure else (255, 0, 0))
        x, y = position % columns * tile, position // columns * (tile + 12)
        sheet.paste(Image.fromarray(pixels), (x, y + 12))
        text = f"{one.share:.2f} conf {one.outline.confidence:.2f} {one.kind}"
        ImageDraw.Draw(sheet).text((x, y), text, fill="yellow")
    sheet.save(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[31, 32, 33])
    parser.add_argument("--each", type=int, default=12, help="Pictures of each kind and seed.")
    parser.add_argument("--only", help="Only kinds whose name holds these words.")
    parser.add_argument("--worst", type=Path, help="Write a contact sheet of the worst there.")
    parser.add_argument("--fit", action="store_true", help="Print the weights of the confidence instead.")
    asked = parser.parse_args()
    if asked.fit:
        return fit(asked.seeds, asked.each)
    kinds = tuple(kind for kind in KINDS if not asked.only or asked.only in kind)
    found: list[Found] = []
    for seed in asked.seeds:
        found += measured(coins_of(seed), seed, asked.each, kinds)
    rows = [row(kind, [one for one in found if one.kind == kind]) for kind in kinds]
    coins = [one for one in found if one.scene.truth is not None]
    print(markdown([*rows, row("all with a coin", coins)]), "\n")
    print(honesty(found))
    if asked.worst:
        contact_sheet(found, asked.worst)


if __name__ == "__main__":
    main()
