"""Dies of one type as alike as real ones, and photographs as different: what makes a die study hard.

One hand cuts all dies of a type after one model: one layout, in which motifs, letters and each stroke lie a tenth of a
millimetre or two elsewhere. Beside that dies differ in the mint mark, and in a letter that was cut again.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from hoard import figures, heads
from hoard.dies import CoinType
from hoard.letters import angles_of, border, letter
from hoard.photograph import Camera, Shot
from hoard.relief import Graver, Heights, Wobble
from ingest.records import Face

#: How far dies of one type differ, as deviations. Lengths in die radii: 0.01 is a tenth of a millimetre.
MOTIF, MOTIF_TURN, MOTIF_SCALE = 0.012, 0.8, 0.01  # of what the type shows as a whole; degrees
STROKES, STROKE_WAVES = 0.016, 9.0  # of every stroke, alike for strokes that lie near each other
LETTER, LETTER_TURN, LETTER_SIZE = 0.009, 2.5, 0.03
RECUT = 0.5  # share of dies one letter of which was cut again
MARKS = ("ΑΔ", "ΒΓ", "ΓΞ", "ΔΕ", "ΕΛ", "ΗΠ")  # mint marks, beside each other in the exergue or the field
DIE_SIZES = {"obverse": (1, 2, 3, 4, 4), "reverse": (1, 1, 2, 3, 4)}  # coins that a die left


@dataclass(frozen=True)
class _Differs:
    """One die's own hand."""

    rng: np.random.Generator

    def moved(self, plate: Graver, x: float = 0, y: float = 0, turn: float = 0) -> Graver:
        dx, dy = self.rng.normal(0, MOTIF, 2)
        scale = 1 + self.rng.normal(0, MOTIF_SCALE)
        return plate.moved(x + dx, y + dy, scale, turn + self.rng.normal(0, MOTIF_TURN))

    def letter(self, plate: Graver, place: float, radius: float, lean: float, size: float) -> Graver:
        """A graver at a letter: ``place`` and ``lean`` in degrees."""
        angle = np.radians(place)
        dx, dy = self.rng.normal(0, LETTER, 2)
        turn = place + lean + self.rng.normal(0, LETTER_TURN)
        scale = size * (1 + self.rng.normal(0, LETTER_SIZE))
        return plate.moved(radius * np.sin(angle) + dx, -radius * np.cos(angle) + dy, scale, turn)


def cut_die(kind: CoinType, face: Face, number: int, seed: int) -> Heights:
    """The height map of a die, as `hoard.dies.cut_die` gives it; all dies of a type after one model."""
    model = np.random.default_rng([seed, 12, kind.number, face == "reverse"])
    own = np.random.default_rng([seed, 13, kind.number, face == "reverse", number])
    strokes = Wobble.drawn(own, STROKES, STROKE_WAVES)
    wobble = Wobble(np.concatenate([Wobble.drawn(model, 0.016).waves, strokes.waves]))
    plate, hand = Graver(model, wobble), _Differs(own)
    x, y = model.normal(0, 0.03, 2)
    field = hand.moved(plate, x, y, model.normal(0, 3.5))
    if face == "obverse":
        heads.HEADS[kind.head](field.moved(0.0, -0.02, 0.98, mirror=kind.head_left))
        text, start = kind.obverse_legend, float(model.choice([-150, -120]))
        border(_by(own, plate), kind.obverse_border)
    else:
        figures.FIGURES[kind.figure](field.moved(0.0, 0.0, 0.97, mirror=kind.figure_left))
        for sign, x, y in kind.symbols:
            figures.symbol(hand.moved(field, x, y), sign)
        text, start = kind.reverse_legend, float(model.choice([-160, -60, 100]))
        border(_by(own, plate), kind.reverse_border)
    _legend(plate, hand, text, start)
    if face == "reverse":
        _mint_mark(plate, hand, kind)
    return ndimage.gaussian_filter(plate.height, 0.8)


def _by(rng: np.random.Generator, plate: Graver) -> Graver:
    """The same plate cut by this die's own hand."""
    return Graver(rng, plate.wobble, plate.height)


def _legend(plate: Graver, hand: _Differs, text: str, start: float) -> None:
    """The legend as the model has it, each letter where this die has it; one may have been cut again."""
    model, own = plate.rng, hand.rng
    height, pellets = float(model.uniform(0.14, 0.175)), bool(model.integers(2))
    weight = 0.019 * float(model.uniform(0.85, 1.25))
    recut = int(own.integers(len(text))) if own.random() < RECUT else -1
    for number, (char, place) in enumerate(zip(text, angles_of(text, start, height), strict=True)):
        radius, lean, size = 0.79 + model.normal(0, 0.008), model.normal(0, 4), model.uniform(0.92, 1.08)
        letter(hand.letter(plate, place, radius, lean, size), char, height, weight, pellets)
        if number == recut:
            again = _by(own, plate)
            letter(hand.letter(again, place + own.normal(0, 1.5), radius, lean, size), char, height, weight, pellets)


def _mint_mark(plate: Graver, hand: _Differs, kind: CoinType) -> None:
    """Two letters, elsewhere on each type; which they are the die decides."""
    where = [(-0.17, 0.62), (0.42, 0.3), (-0.62, 0.3)][kind.number % 3]
    own = _by(hand.rng, plate)
    for place, char in enumerate(MARKS[int(hand.rng.integers(len(MARKS)))]):
        letter(own.moved(where[0] + 0.16 * place, where[1]), char, 0.14, 0.02, False)


def die_of(face: Face, number: int, place: int, seed: int) -> int:
    """Which die of a type struck its coin at this ``place``, counted from 0: each die left 1 to 4 coins.

    Obverse and reverse dies end at different coins, so that chains of linked dies come about.
    """
    rng, die = np.random.default_rng([seed, 14, number, face == "reverse"]), 0
    while (place := place - int(rng.choice(DIE_SIZES[face]))) >= 0:
        die += 1
    return die


def level_of(seed: tuple[int, ...]) -> float:
    """How worn and badly struck a coin is: from nearly as new to hardly legible, as `make_hoard`'s difficulty."""
    return float(np.random.default_rng([*seed, 15]).uniform(0.15, 0.85))


def another_light(rng: np.random.Generator, camera: Camera, shot: Shot) -> tuple[Camera, Shot]:
    """A museum's camera on another day: light from anywhere, softer or harder, out of focus, from farther away."""
    side = int(camera.side * rng.uniform(0.6, 1.1))
    changed = replace(
        camera,
        side=side,
        soft=float(np.clip(camera.soft + rng.normal(0, 0.1), 0.15, 0.6)),
        contrast=camera.contrast * float(rng.uniform(0.85, 1.15)),
        blur=camera.blur * float(rng.uniform(0.7, 2.0)) * side / camera.side,
        noise=camera.noise * float(rng.uniform(0.5, 1.5)),
        quality=int(np.clip(camera.quality + rng.normal(0, 8), 55, 95)),
    )
    return changed, replace(shot, azimuth=float(rng.uniform(-180, 180)), elevation=float(rng.uniform(25, 60)))
