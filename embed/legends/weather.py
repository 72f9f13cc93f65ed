"""What happens to a strip in relief: wear, weak striking and corrosion, and then light and metal.

Heights are in pixels; a strip's columns go once around the coin, so that light from one side turns once along it.
"""

import cv2
import numpy as np

Heights = np.ndarray  # (rows, columns) float32
WIDER = 1.3  # all stands on a strip, against its height, at the radius of most legends: its columns are so much finer


def slow_noise(rng: np.random.Generator, rows: int, columns: int, down: int, across: int) -> np.ndarray:
    """Smooth noise of deviation 1 (rows, columns), with ``down`` by ``across`` hills."""
    coarse = rng.standard_normal((max(down, 1), max(across, 1)), np.float32)
    return cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)


def worn(rng: np.random.Generator, relief: Heights, height: float) -> Heights:
    """Wear, strike, corrosion and scratches; ``height`` is that of the letters."""
    rows, columns = relief.shape
    raised = relief[relief > 0.05]
    if rng.random() < 0.8 and len(raised):
        relief = np.minimum(relief, np.percentile(raised, rng.uniform(45, 100)))
    if rng.random() < 0.6:  # struck weakly in places
        uneven = slow_noise(rng, rows, columns, 2, int(rng.integers(4, 14)))
        relief = relief * np.clip(1 + rng.uniform(-0.1, 0.9) + uneven * rng.uniform(0.3, 1), 0, 1)
    if rng.random() < 0.5:  # metal flowed outwards, and drew the letters with it
        reach = int(rng.integers(3, 10))
        kernel = np.zeros((2 * reach + 1, 1), np.float32)
        kernel[reach:, 0] = np.linspace(1, 0.1, reach + 1) if rng.random() < 0.6 else 1
        drawn = cv2.filter2D(relief, -1, kernel / kernel.sum())
        relief = np.maximum(relief * 0.9, drawn * rng.uniform(0.6, 1.2))
    relief = cv2.GaussianBlur(relief, (0, 0), rng.uniform(0.4, 1.5))
    for size, share in ((3, 0.25), (8, 0.18), (24, 0.18)):
        if rng.random() < 0.75:
            depth = size * share * rng.uniform(0, 0.3) ** 1.5
            hills = rows // size + 2, int(columns / size / WIDER) + 2
            relief = relief + slow_noise(rng, rows, columns, *hills) * depth
    if rng.random() < 0.35:  # crusts and pits over what was there
        crust = np.clip(slow_noise(rng, rows, columns, 4, 24) - rng.uniform(0.4, 1.5), 0, 1)
        pits = slow_noise(rng, rows, columns, rows // 5, columns // 5) * rng.uniform(0.3, 2)
        relief = relief * (1 - crust) + crust * pits
    relief = np.ascontiguousarray(relief, np.float32)
    for _ in range(rng.poisson(0.8)):
        start = rng.uniform(0, 1, 2) * [columns, rows]
        way = rng.uniform(0, np.pi)
        end = start + rng.uniform(0.5, 6) * height * np.array([np.cos(way), np.sin(way)])
        depth, width = float(rng.uniform(-1.5, 1)), int(rng.integers(1, 3))
        cv2.line(relief, tuple(int(v) for v in start), tuple(int(v) for v in end), depth, width)
    return relief


def photographed(rng: np.random.Generator, relief: Heights, height: float) -> np.ndarray:
    """How bright each pixel is under one lamp or two: diffuse light, highlight, cast shadow, patina in the hollows."""
    rows, columns = relief.shape
    steep = rng.uniform(0.8, 2.5)
    east = cv2.Sobel(relief, cv2.CV_32F, 1, 0, ksize=3) * np.float32(steep / 8)
    south = cv2.Sobel(relief, cv2.CV_32F, 0, 1, ksize=3) * np.float32(steep / 8)
    upright = 1 / np.sqrt(1 + east**2 + south**2)
    turn = rng.uniform(0, 2 * np.pi) - 2 * np.pi * np.arange(columns) / columns
    elevation = rng.uniform(0.2, 1.0)
    lamps = [(turn, 1.0)]
    if rng.random() < 0.3:
        lamps.append((turn + rng.uniform(0.8, 3), rng.uniform(0.2, 0.8)))
    light = np.zeros_like(relief)
    for way, strength in lamps:
        light += np.float32(strength) * np.maximum(_towards(way, elevation, east, south) * upright, 0)
    if rng.random() < 0.85:
        light *= 1 - np.float32(rng.uniform(0.3, 1.0)) * _shadow(
            relief, turn, np.tan(elevation) * rng.uniform(0.5, 1) / steep
        )
    if rng.random() < 0.5:  # the surface turned half way between lamp and eye mirrors
        half = (elevation + np.pi / 2) / 2
        mirrored = np.maximum(_towards(turn, half, east, south) * upright, 0)
        light += np.float32(rng.uniform(0.1, 0.7)) * mirrored ** np.float32(rng.uniform(8, 40))
    if rng.random() < 0.6:  # dirt in the hollows and polish on the tops, or tops worn dark
        open_ = (relief - cv2.GaussianBlur(relief, (0, 0), height * 0.3)) / np.float32(height)
        light += np.float32(rng.uniform(-1.2, 2.4)) * open_
    return light * (1 + slow_noise(rng, rows, columns, 3, 12) * np.float32(rng.uniform(0, 0.25)))


def _towards(turn: np.ndarray, elevation: float, east: np.ndarray, south: np.ndarray) -> np.ndarray:
    """How far a slope looks to a lamp that stands at ``turn`` (columns) clockwise after the edge, times its length."""
    flat = np.cos(elevation)
    x, y = (np.sin(turn) * flat).astype(np.float32), (-np.cos(turn) * flat).astype(np.float32)
    return np.float32(np.sin(elevation)) - east * x - south * y


def _shadow(relief: Heights, turn: np.ndarray, rise: float) -> np.ndarray:
    """Where something higher stands towards the lamp, 0 to 1; light falls by ``rise`` a pixel."""
    rows, columns = relief.shape
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    above = np.zeros_like(relief)
    for far in (1.5, 3.0, 5.0, 8.0, 12.0):
        dx, dy = (WIDER * far * np.sin(turn)).astype(np.float32), (-far * np.cos(turn)).astype(np.float32)
        there = cv2.remap(relief, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        np.maximum(above, there - relief - np.float32(far * rise), out=above)
    return np.clip(cv2.GaussianBlur(above, (0, 0), 1.0) * 1.5, 0, 1)
