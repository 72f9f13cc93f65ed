"""How far `dies` knows a photograph again that a program altered: lit, worn, corroded, cut, tilted and turned.

    python -m benchmarks.positives [--data ../shared/data] [--every 10] [--show FILE]

Pairs of real coins that a catalogue names as of one die are at hand nowhere. So of every tenth coin of `nummi` the
photograph is altered, in each way and strength, and laid on itself. It is judged as `dies` would judge one such pair
more in this collection, by pairs of two legends and by all pairs that may be of one die: found is what would be shown
as a link. Beside it stands what would be shown in a hoard, where one pair in five is of one die, and what 25 points of
SIFT find. Below stand the pairs of different coins.

Flan, cracks and corrosion stay as they are, which they do not on another coin. So what is missed here is missed for
certain; what is found here need not be found on another coin. The lamp is moved by linear shape from shading (Pentland
1990): the spectrum of a picture lit from one side is that of the heights times the cosine of the angle to the lamp. In
these photographs it stands above on the left. Ten minutes of a free core.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image
from threadpoolctl import threadpool_limits

from benchmarks.common import markdown
from benchmarks.decoys import decoy_pairs, pairs_alike, photograph_of, read_coins, registered
from benchmarks.dies import POINTS
from dies.decoys import ENOUGH, fit
from dies.groups import CLEAR
from dies.match import SIZE, VERIFIED_SPREAD, coin_square, find_features, match
from dies.places import laid
from dies.registration import Relief, bank
from embed.augment import Change
from embed.legends.weather import slow_noise
from ingest.images import open_picture
from ingest.outlines import find_outline
from ingest.records import FACES, Face

Pixels = np.ndarray  # (n, n, 3) float32: a coin of `SIZE` pixels, with room around it
Alter = Callable[
    [Pixels, Pixels, float, np.random.Generator], Pixels
]  # by a strength; the second says where the coin is
AS_IT_IS = Change(turn=0, scale=1, shift=(0, 0), light=(0, 0), gamma=1, contrast=1, wear=0, blur=0)
LAMP = 225.0  # degrees clockwise from the right
WEAKEST = 0.05  # square of the cosine to the lamp below which nothing is known of the heights
AWAY = 5  # widths of a coin from which it is photographed
HOARD = 0.2  # pairs of one die among those of one type


def turned(pixels: Pixels, coin: Pixels, degrees: float, rng: np.random.Generator) -> Pixels:
    middle = ((len(pixels) - 1) / 2,) * 2
    return _moved(pixels, np.vstack([cv2.getRotationMatrix2D(middle, degrees, 1.0), [0, 0, 1]]))


def tilted(pixels: Pixels, coin: Pixels, degrees: float, rng: np.random.Generator) -> Pixels:
    """The camera stands by so many degrees aside."""
    half, angle, way = len(pixels) / 2, np.radians(degrees), rng.uniform(0, 2 * np.pi)
    towards = np.array([np.cos(way), np.sin(way)])
    corners = half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    aside = (corners @ towards)[:, None]
    seen = (corners + aside * (np.cos(angle) - 1) * towards) / (1 + np.sin(angle) * aside / (AWAY * SIZE))
    return _moved(pixels, cv2.getPerspectiveTransform(*((some + half).astype(np.float32) for some in (corners, seen))))


def _moved(pixels: Pixels, matrix: np.ndarray) -> Pixels:
    return cv2.warpPerspective(pixels, matrix, (len(pixels),) * 2, borderMode=cv2.BORDER_REPLICATE)


def relit(pixels: Pixels, coin: Pixels, degrees: float, rng: np.random.Generator) -> Pixels:
    """The lamp is moved around the coin by so many degrees; in a half turn hills become hollows."""
    low = cv2.GaussianBlur(pixels, (0, 0), SIZE / 16)
    y, x = np.meshgrid(*[np.fft.fftfreq(len(pixels))] * 2, indexing="ij")
    before, after = (np.cos(np.arctan2(y, x) - np.radians(way)) for way in (LAMP, LAMP + degrees))
    factor = before * after / (before**2 + WEAKEST)
    spectrum = np.fft.fft2((pixels - low) * coin, axes=(0, 1)) * factor[..., None]
    return pixels + coin * (low + np.fft.ifft2(spectrum, axes=(0, 1)).real - pixels)


def worn(pixels: Pixels, coin: Pixels, share: float, rng: np.random.Generator) -> Pixels:
    """So much of the relief is gone, the finest first, and as much grain of the metal shows instead."""
    low = cv2.GaussianBlur(pixels, (0, 0), SIZE / 16)
    left = cv2.GaussianBlur((pixels - low) * (1 - share), (0, 0), 0.1 + 5 * share)
    return pixels + coin * (low + left + share * _relief(pixels, coin) * _grain(rng, len(pixels), 5) - pixels)


def corroded(pixels: Pixels, coin: Pixels, share: float, rng: np.random.Generator) -> Pixels:
    """So much of the coin lies under crusts."""
    where, crust = _grain(rng, len(pixels), 40), _relief(pixels, coin) * _grain(rng, len(pixels), 6)
    there = coin * np.clip((where - np.quantile(where, 1 - share)) * 5, 0, 1)
    return pixels * (1 - there) + there * (pixels[coin[..., 0] > 0.5].mean(0) + crust)


def _relief(pixels: Pixels, coin: Pixels) -> float:
    """How far the coin's grey values differ from what is around them."""
    return float((pixels - cv2.GaussianBlur(pixels, (0, 0), SIZE / 16))[coin[..., 0] > 0.5].std())


def _grain(rng: np.random.Generator, side: int, size: int) -> np.ndarray:
    return slow_noise(rng, side, side, side // size, side // size)[..., None]


def cropped(pixels: Pixels, coin: Pixels, share: float, rng: np.random.Generator) -> Pixels:
    """So much of the coin's width lies outside the picture, on one side."""
    first = int(np.flatnonzero(coin[..., 0].max(0) > 0.5)[0] + share * SIZE)
    quarter = int(rng.integers(4))
    return np.rot90(np.rot90(pixels, quarter)[:, first:], -quarter)


def smaller(pixels: Pixels, coin: Pixels, width: float, rng: np.random.Generator) -> Pixels:
    """The coin is so many pixels wide, in a JPEG of quality 60."""
    side = round(len(pixels) * width / SIZE)
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA).clip(0, 255).astype(np.uint8)
    jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.float32)


def together(pixels: Pixels, coin: Pixels, level: float, rng: np.random.Generator) -> Pixels:
    """All of it, each at most as strong as its strength times ``level``."""
    most = {corroded: 0.6, worn: 0.5, relit: 180.0, tilted: 30.0, turned: 60.0}
    for alter, strength in most.items():
        pixels = alter(pixels, coin, level * strength * rng.uniform(), rng)
    return smaller(pixels, coin, SIZE * (1 - 0.7 * level * rng.uniform()), rng)


WAYS: dict[str, tuple[Alter, tuple[float, ...]]] = {
    "turned, degrees": (turned, (15, 30, 60)),
    "lamp moved, degrees": (relit, (45, 90, 180)),
    "relief worn, of its strength": (worn, (0.15, 0.3, 0.5)),
    "under crusts": (corroded, (0.2, 0.4, 0.6)),
    "outside the picture": (cropped, (0.05, 0.1, 0.2)),
    "tilted, degrees": (tilted, (10, 20, 30)),
    "pixels across the coin": (smaller, (200, 120, 80)),
    "all of it, at most so much": (together, (0.3, 0.6, 1.0)),
}


def views(picture: Image.Image, seed: int) -> Iterator[tuple[tuple[str, float], Image.Image]]:
    """The photograph altered in each way, each time as strongly."""
    changed, outline = AS_IT_IS(picture, find_outline(picture), SIZE)
    pixels, side = np.asarray(changed, np.float32), changed.width
    coin = outline.mask(side, side)[..., None] if outline else np.ones((side, side, 1), np.float32)
    for way, (alter, strengths) in WAYS.items():
        for strength in strengths:
            altered = alter(pixels, coin, strength, np.random.default_rng(seed))
            yield (way, strength), Image.fromarray(altered.clip(0, 255).astype(np.uint8))


@dataclass(frozen=True)
class Found:
    """One altered photograph beside its own: their likeness, and whether SIFT finds `POINTS` in common."""

    likeness: float
    points: bool


def found(picture: Image.Image, seed: int) -> Iterator[tuple[tuple[str, float], Found]]:
    square = coin_square(picture)
    relief, features = Relief.of(*square), find_features(*square)
    spectra = bank(relief)
    for key, altered in views(picture, seed):
        other = coin_square(altered)
        likeness = laid(spectra, relief, Relief.of(*other)).likeness
        points = match(features, find_features(*other))
        yield key, Found(likeness, points.inliers >= POINTS and points.spread >= VERIFIED_SPREAD)


def limits(values: np.ndarray, decoys: np.ndarray) -> tuple[float, float]:
    """The likeness from which on one pair more is linked: in this collection, and in a hoard."""
    grid = np.arange(3.0, 20.0, 0.25)
    in_hoard = replace(fit(values, decoys)[0], share=HOARD).log_odds(grid) > CLEAR
    here = (one for one in grid if fit(np.append(values, one), decoys)[0].log_odds(np.array([one]))[0] > CLEAR)
    return float(next(here, np.inf)), float(grid[in_hoard].min(initial=np.inf))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--show", type=Path, help="draw one coin in all ways into this file, and measure nothing")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    threadpool_limits(1)
    folder, coins = asked.data / "nummi", read_coins(asked.data)
    chosen = sorted(coins)[:: asked.every]
    if asked.show:
        show(open_picture(photograph_of(folder, chosen[0], "obverse")), asked.show)
        return
    rows = []
    for face in FACES:
        alike = pairs_alike(coins, face)
        others = dict(registered(folder, face, alike))
        decoys = dict(registered(folder, face, decoy_pairs(coins, face, ENOUGH)))
        least = limits(np.array(list(others.values())), np.array(list(decoys.values())))
        ways: dict[tuple[str, float], list[Found]] = {}
        for coin in chosen:
            for key, says in found(open_picture(photograph_of(folder, coin, face)), int(coin)):
                ways.setdefault(key, []).append(says)
        rows += [row(face, way, f"{strength:g}", some, least) for (way, strength), some in ways.items()]
        for name, likeness in (("other coins, one legend", others), ("other coins, two legends", decoys)):
            rows.append(row(face, name, "", [Found(v, False) for v in likeness.values()], least))
        print(f"{face}: linked from {least[0]:.2f}, in a hoard from {least[1]:.2f}", flush=True)
    print(markdown(rows))


def row(face: Face, way: str, strength: str, some: Sequence[Found], least: tuple[float, float]) -> dict[str, Any]:
    likeness = np.array([one.likeness for one in some])
    low, middle, high = np.percentile(likeness, (10, 50, 90))
    return {
        "face": face,
        "altered": way,
        "by": strength,
        "sides": len(some),
        "likeness": f"{middle:.1f} ({low:.1f} to {high:.1f})",
        "found": f"{np.mean(likeness >= least[0]):.3f}",
        "found in a hoard": f"{np.mean(likeness >= least[1]):.3f}",
        "by 25 points": f"{np.mean([one.points for one in some]):.3f}",
    }


def show(picture: Image.Image, file: Path) -> None:
    """One coin, a line a way."""
    pictures = [altered.resize((240, 240)) for _, altered in views(picture, 0)]
    across = len(pictures) // len(WAYS)
    sheet = Image.new("RGB", (240 * len(WAYS), 240 * across))
    for place, one in enumerate(pictures):
        sheet.paste(one, (240 * (place // across), 240 * (place % across)))
    sheet.save(file)


if __name__ == "__main__":
    main()
