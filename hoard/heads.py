"""Obverse motifs: heads in profile, facing right (the graver's frame mirrors them), and two that look at us."""

from collections.abc import Callable

import numpy as np

from hoard.relief import Graver

FACE = [
    (0.13, 0.60), (0.13, 0.48), (0.17, 0.40), (0.26, 0.375), (0.345, 0.36), (0.375, 0.30), (0.36, 0.245), (0.345, 0.22),
    (0.375, 0.185), (0.362, 0.155), (0.392, 0.125), (0.37, 0.075), (0.375, 0.05), (0.455, 0.035), (0.462, 0.005),
    (0.425, -0.06), (0.39, -0.135), (0.375, -0.175), (0.385, -0.23), (0.375, -0.32), (0.33, -0.42), (0.22, -0.52),
    (0.06, -0.575), (-0.12, -0.57), (-0.28, -0.49), (-0.38, -0.36), (-0.42, -0.18), (-0.39, 0.0), (-0.31, 0.13),
    (-0.25, 0.24), (-0.23, 0.36), (-0.26, 0.50), (-0.33, 0.60), (-0.20, 0.67), (0.0, 0.69),
]  # fmt: skip


def _face(g: Graver, bust: bool = False) -> None:
    if bust:
        g.shape(
            [(-0.55, 0.72), (-0.42, 0.52), (-0.2, 0.44), (0.1, 0.46), (0.3, 0.6), (0.38, 0.74), (0.0, 0.86)], 0.2, 0.08
        )
        for x in (-0.34, -0.2, -0.05, 0.1):
            g.stroke([(x, 0.5), (x + 0.04, 0.66), (x + 0.16, 0.8)], [0.014, 0.03, 0.02], 1.7)
    g.shape(FACE, 0.30, 0.115)
    g.shape([(0.2, 0.02), (0.31, 0.08), (0.29, 0.24), (0.16, 0.3), (0.06, 0.2), (0.08, 0.06)], 0.16, 0.022, on_top=True)
    # Below the brow the eye lies in a hollow; jaw and mouth are cut last.
    g.stroke([(0.24, -0.115), (0.32, -0.105), (0.36, -0.10)], [0.03, 0.045, 0.03], -0.55)
    g.shape([(0.215, -0.105), (0.27, -0.135), (0.335, -0.115), (0.35, -0.10), (0.28, -0.075)], 0.03, 0.03, on_top=True)
    g.stroke([(0.19, -0.11), (0.27, -0.15), (0.35, -0.125)], [0.008, 0.014, 0.010], 1.3, on_top=True)
    g.stroke([(0.21, -0.10), (0.28, -0.065), (0.345, -0.09)], 0.008, 1.4, on_top=True)
    g.stroke([(0.17, -0.19), (0.28, -0.215), (0.385, -0.18)], [0.012, 0.026, 0.02], 0.9, on_top=True)
    g.stroke([(0.37, 0.155), (0.31, 0.15), (0.28, 0.165)], [0.016, 0.013, 0.008], -0.9)
    g.stroke([(0.395, 0.065), (0.375, 0.03), (0.385, 0.0)], 0.009, -0.8)
    g.stroke([(0.20, 0.37), (0.06, 0.30), (-0.04, 0.18), (-0.06, 0.06)], [0.02, 0.016, 0.014, 0.01], -0.5)


def _ear(g: Graver, x: float = -0.04, y: float = 0.0) -> None:
    g.stroke([(x + 0.04, y - 0.08), (x - 0.03, y - 0.1), (x - 0.06, y - 0.02), (x, y + 0.08)], 0.018, 1.3, on_top=True)
    g.dot(x + 0.01, y + 0.06, 0.026, 1.0, on_top=True)


def _locks(g: Graver, rows: int, reach: float, width: float = 0.026, curl: float = 0.05) -> None:
    """Short locks in rows behind the face, each row on a wider arc around the ear."""
    for row in range(rows):
        radius = 0.17 + reach * row / rows
        count = 6 + 3 * row
        for a in np.linspace(26, 208, count) + g.rng.normal(0, 2):
            c, s = np.cos(np.radians(-a)), np.sin(np.radians(-a))
            x, y = -0.02 + radius * c * 0.95, -0.10 + radius * s
            if y > 0.2 or x > 0.34 or (x > 0.12 and y > -0.22):
                continue
            g.stroke(
                [(x, y), (x + 0.06 * c - curl * s, y + 0.06 * s + curl * c), (x + 0.13 * c - curl * s, y + 0.11 * s)],
                [width, width * 0.9, width * 0.4],
                1.2 - 0.08 * row,
                on_top=True,
            )


def laureate(g: Graver) -> None:
    _face(g)
    _locks(g, 4, 0.34)
    _ear(g)
    arc = np.linspace(22, 178, 10)
    for a in arc:
        c, s = np.cos(np.radians(-a)), np.sin(np.radians(-a))
        x, y = -0.02 + 0.37 * c, -0.14 + 0.33 * s
        for side in (-1, 1):
            tip = np.radians(-a - 55 * side)
            leaf = (x + 0.07 * np.cos(tip), y + 0.07 * np.sin(tip))
            end = (x + 0.11 * s + 0.05 * side * c, y - 0.11 * c + 0.05 * side * s)
            g.stroke([(x, y), leaf, end], [0.014, 0.032, 0.01], 1.4, on_top=True)
    g.stroke([(-0.38, 0.02), (-0.46, 0.12), (-0.42, 0.24), (-0.5, 0.36)], [0.02, 0.022, 0.018, 0.01], 1.4)
    g.stroke([(-0.36, 0.04), (-0.38, 0.16), (-0.33, 0.3)], [0.02, 0.02, 0.01], 1.5)


def diademed(g: Graver) -> None:
    _face(g)
    _locks(g, 4, 0.36, width=0.03, curl=0.02)
    _ear(g)
    g.stroke([(0.36, -0.3), (0.15, -0.36), (-0.15, -0.3), (-0.4, -0.14)], 0.034, 1.4, on_top=True)
    for end in (0.26, 0.44):
        g.stroke([(-0.4, -0.12), (-0.5, 0.02), (-0.46, end - 0.1), (-0.56, end)], [0.03, 0.02, 0.024, 0.03], 1.2)


def bearded(g: Graver) -> None:
    _face(g)
    _locks(g, 4, 0.36, width=0.03, curl=0.07)
    _ear(g)
    for row, y in enumerate((0.2, 0.28, 0.37, 0.46)):
        for x in np.linspace(0.02 + 0.03 * row, 0.33 - 0.01 * row, 5):
            g.stroke(
                [(x, y), (x + 0.035, y + 0.05), (x + 0.0, y + 0.11)], [0.03, 0.032, 0.012], 1.1 - 0.1 * row, on_top=True
            )
    g.stroke([(0.36, 0.115), (0.27, 0.14), (0.22, 0.21)], [0.018, 0.022, 0.012], 1.2, on_top=True)


def helmeted(g: Graver) -> None:
    _face(g)
    g.shape(
        [
            (0.40, -0.2),
            (0.36, -0.42),
            (0.2, -0.58),
            (-0.08, -0.65),
            (-0.34, -0.52),
            (-0.46, -0.26),
            (-0.46, 0.06),
            (-0.4, 0.17),
            (-0.32, 0.08),
            (-0.22, -0.06),
            (-0.06, -0.16),
            (0.16, -0.24),
        ],
        0.3,
        0.155,
    )
    g.stroke(
        [(0.45, -0.19), (0.2, -0.24), (-0.06, -0.14), (-0.24, 0.0), (-0.42, 0.17)],
        [0.03, 0.03, 0.026, 0.026, 0.03],
        1.4,
        on_top=True,
    )
    crest = [(0.36, -0.55), (0.1, -0.72), (-0.22, -0.72), (-0.48, -0.52), (-0.6, -0.2), (-0.6, 0.12)]
    g.stroke(crest, [0.02, 0.045, 0.05, 0.05, 0.045, 0.02], 1.3)
    for t in np.linspace(0.08, 0.92, 17):
        i = t * (len(crest) - 1)
        k = int(i)
        x, y = np.array(crest[k]) + (i - k) * (np.array(crest[min(k + 1, 5)]) - crest[k])
        g.stroke([(x, y), (x * 1.16, y * 1.16 + 0.01)], [0.02, 0.012], 0.8, on_top=True)
    g.stroke([(-0.2, -0.2), (-0.1, -0.38), (0.08, -0.44), (0.18, -0.36), (0.1, -0.3)], 0.02, 1.6, on_top=True)
    _ear(g, -0.06, 0.04)
    for y in (0.1, 0.2, 0.3):
        g.stroke([(-0.18, y), (-0.27, y + 0.06), (-0.31, y + 0.16)], [0.03, 0.034, 0.014], 0.8, on_top=True)


def radiate(g: Graver) -> None:
    _face(g, bust=True)
    _locks(g, 4, 0.3, width=0.024)
    _ear(g)
    g.stroke([(0.37, -0.27), (0.15, -0.36), (-0.15, -0.34), (-0.41, -0.16)], 0.026, 1.4, on_top=True)
    for a in np.linspace(-42, -158, 6):
        c, s = np.cos(np.radians(a)), np.sin(np.radians(a))
        g.stroke(
            [(0.42 * c - 0.02, 0.4 * s - 0.08), (0.82 * c - 0.02, 0.74 * s - 0.08)],
            [0.055, 0.008],
            0.9,
            on_top=True,
            bend=False,
        )


def goddess(g: Graver) -> None:
    """Hair in waves from the brow, gathered in a bun; ear-ring and necklace."""
    _face(g)
    for k, bow in enumerate(np.linspace(-0.02, -0.34, 7)):
        g.stroke(
            [(0.345 - 0.012 * k, -0.27 - 0.035 * k), (0.1, -0.22 + bow), (-0.16, -0.16 + bow * 0.75), (-0.36, 0.0)],
            [0.018, 0.034, 0.034, 0.03],
            1.1,
            on_top=True,
        )
    g.shape([(-0.34, -0.12), (-0.52, -0.1), (-0.6, 0.05), (-0.52, 0.18), (-0.36, 0.14)], 0.12, 0.1)
    for a in (-0.06, 0.02, 0.1):
        g.stroke([(-0.36, a), (-0.46, a - 0.02), (-0.56, a + 0.03)], 0.022, 1.3, on_top=True)
    g.stroke([(0.35, -0.36), (0.1, -0.5), (-0.2, -0.46), (-0.38, -0.22)], 0.024, 1.3, on_top=True)
    g.dot(-0.02, 0.12, 0.03, 1.1, on_top=True)
    g.stroke([(-0.02, 0.15), (-0.02, 0.24)], [0.022, 0.012], 1.1, on_top=True)
    for t in np.linspace(0, 1, 7):
        g.dot(-0.23 + 0.36 * t, 0.5 + 0.06 * np.sin(np.pi * t), 0.026, 1.2, on_top=True)


def celtic(g: Graver) -> None:
    """The great head of the Gaulish staters: hair in huge S-curls, pellets on cords around it."""
    _face(g)
    for k in range(6):
        a = np.radians(-70 - 33 * k)
        x, y = 0.0 + 0.33 * np.cos(a), -0.12 + 0.34 * np.sin(a)
        ux, uy = np.cos(a), np.sin(a)
        spiral = [
            (x - 0.14 * ux, y - 0.14 * uy),
            (x + 0.06 * uy, y - 0.06 * ux),
            (x + 0.13 * ux, y + 0.13 * uy),
            (x + 0.1 * ux - 0.11 * uy, y + 0.1 * uy + 0.11 * ux),
            (x + 0.02 * ux - 0.07 * uy, y + 0.02 * uy + 0.07 * ux),
        ]
        g.stroke(spiral, [0.025, 0.05, 0.045, 0.035, 0.03], 0.9, on_top=True)
    for t in np.linspace(0, 1, 11):
        g.dot(0.06 - 0.66 * np.sin(1.9 * t) * 1.0 + 0.06, -0.7 + 0.85 * t**1.3, 0.027, 1.3)
    g.stroke([(0.3, 0.28), (0.42, 0.42), (0.58, 0.36), (0.6, 0.22)], 0.018, 1.4)
    g.dot(0.6, 0.2, 0.04, 1.3)
    g.ring(-0.06, 0.08, 0.07, 0.02, 1.2, on_top=True)


def janiform(g: Graver) -> None:
    """Two bearded profiles on one neck."""
    for mirror in (False, True):
        half = g.moved(0.16 if not mirror else -0.16, 0.0, scale=0.86, mirror=mirror)
        _face(half)
        for row, y in enumerate((0.22, 0.31, 0.40)):
            for x in np.linspace(0.06 + 0.03 * row, 0.33, 4):
                half.stroke([(x, y), (x + 0.03, y + 0.06), (x, y + 0.12)], [0.03, 0.034, 0.012], 1.0, on_top=True)
    for a in np.linspace(-20, -160, 9):
        c, s = np.cos(np.radians(a)), np.sin(np.radians(a))
        g.stroke([(0.2 * c, -0.12 + 0.3 * s), (0.42 * c, -0.14 + 0.4 * s)], [0.035, 0.04], 1.0, on_top=True)
    g.stroke([(0.48, -0.24), (0.0, -0.32), (-0.48, -0.24)], 0.03, 1.5, on_top=True)
    for y in (-0.02, 0.12, 0.26, 0.4):
        g.stroke([(-0.09, y), (0, y + 0.07), (0.09, y)], 0.032, 1.1, on_top=True)


def gorgon(g: Graver) -> None:
    """A broad face with its tongue out, snakes for hair."""
    g.shape(
        [(0.42 * np.cos(a) * (1 + 0.08 * np.sin(a)), 0.42 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 18)[:-1]],
        0.3,
        0.1,
    )
    for side in (-1, 1):
        g.shape(
            [(side * (0.17 + 0.1 * np.cos(a)), -0.09 + 0.065 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 10)[:-1]],
            0.05,
            0.035,
            on_top=True,
        )
        g.ring(side * 0.17, -0.09, 0.085, 0.013, 1.4, on_top=True)
        g.dot(side * 0.17, -0.09, 0.034, 1.2, on_top=True)
        g.stroke(
            [(side * 0.04, -0.2), (side * 0.18, -0.25), (side * 0.33, -0.17)], [0.03, 0.04, 0.015], 1.0, on_top=True
        )
        g.shape(
            [(side * 0.14, 0.03), (side * 0.3, 0.06), (side * 0.28, 0.18), (side * 0.14, 0.16)], 0.1, 0.03, on_top=True
        )
    g.stroke([(0, -0.14), (0, 0.02), (0, 0.07)], [0.03, 0.045, 0.06], 1.0, on_top=True)
    g.stroke([(-0.24, 0.19), (0, 0.15), (0.24, 0.19)], 0.03, -0.8)
    g.stroke([(-0.22, 0.22), (0, 0.25), (0.22, 0.22)], 0.022, 1.3, on_top=True)
    g.stroke([(0, 0.2), (0, 0.3), (0, 0.36)], [0.05, 0.06, 0.03], 1.1, on_top=True)
    for a in np.linspace(0, 2 * np.pi, 16)[:-1]:
        c, s = np.cos(a), np.sin(a)
        g.stroke(
            [
                (0.42 * c, 0.42 * s),
                (0.52 * c - 0.05 * s, 0.52 * s + 0.05 * c),
                (0.6 * c + 0.04 * s, 0.6 * s - 0.04 * c),
                (0.68 * c, 0.68 * s),
            ],
            [0.05, 0.042, 0.034, 0.03],
            1.3,
        )


HEADS: dict[str, Callable[[Graver], None]] = {
    "laureate head": laureate,
    "helmeted head": helmeted,
    "goddess": goddess,
    "celtic head": celtic,
    "bearded head": bearded,
    "gorgon": gorgon,
    "radiate bust": radiate,
    "janiform head": janiform,
    "diademed head": diademed,
}
#: These look at us or both ways: mirrored they are no other design.
SYMMETRIC = {"gorgon", "janiform head"}
