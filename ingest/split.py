"""Photographs that show several coins, cut into a file for each: trays and plates, or both sides of one coin.

The originals are never touched. The pieces go to a folder of their own, named after the photograph they come from, with
a file ``split.json`` that says where in which photograph each was.
"""

import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from errors import CoingraphError, tracked
from ingest.files import whole
from ingest.images import BadImage, Probed, one_picture, open_picture
from ingest.outlines import Outline, find_outlines
from ingest.pairing import CoinSide
from ingest.records import FACES, Face
from ingest.scan import Found

INDEX = "split.json"
MADE_BY = "coingraph ingest --split"
SEARCH_SIDE = 640  # pixels of the shorter side at which coins are searched for
MARGIN = 0.06  # of a coin's size, around it, as far as the picture and its neighbours leave room
EQUAL = 0.8  # two coins whose diameters differ by less are taken for the sides of one
LOSSLESS = (".png", ".bmp", ".tif", ".tiff", ".gif")

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels of the upright photograph


class BadSplitFolder(CoingraphError):
    """The folder for the pieces holds something else."""


@dataclass(frozen=True)
class Piece:
    """A part of a photograph that shows one side of one coin, and the checksum and size of its file."""

    found: Found
    told: CoinSide
    box: Box
    probed: Probed


@dataclass
class Splitting:
    """The photographs that show several coins, with their pieces, and what else a user should know."""

    pieces: dict[Found, list[Piece]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def lines(self) -> list[dict[str, Any]]:
        """For each photograph: its name, how many coins it shows, and the names of its pieces."""
        return [
            {
                "picture": source.relative,
                "coins": len({piece.told.key for piece in pieces}),
                "pieces": [piece.found.relative for piece in pieces],
            }
            for source, pieces in self.pieces.items()
        ]


def split_pictures(
    told: Mapping[Found, CoinSide],
    probed: Mapping[Found, Probed],
    source: Path,
    folder: Path,
    *,
    two_coins: bool = False,
    write: bool = True,
) -> Splitting:
    """Cut each photograph (of ``probed``) that shows several coins into files in ``folder``, one for each coin or side.

    Where a name or folder tells the face (``told``), all coins of the photograph show it; two coins of equal size are
    the obverse (left, or above) and the reverse of one coin, unless ``two_coins``; all others are taken for obverses.
    A photograph that was searched before is not searched again. Without ``write`` nothing is written, and pieces have
    made-up checksums. Raises `BadSplitFolder`.
    """
    index = _read_index(folder, source)
    result = Splitting()
    boxes = _boxes(probed, index, result.notes)
    if write:  # before the pieces: a run that is killed leaves a folder that the next one knows
        coins = {probed[found][0]: places for found, places in boxes.items() if places is not None}
        index |= {"made_by": MADE_BY, "source": str(source), "coins": coins}
        _write_index(folder, index)
    told = _trusted(told)
    shown = {found: places for found in probed if (places := boxes[found]) and len(places) > 1}
    several = _without_uneven_partners(shown, told, result)
    unknown = 0
    for found, places in several.items():
        pieces = list(_named(found, places, told.get(found), two_coins))
        unknown += len(pieces) if found not in told and pieces[0][0] != found.stem else 0
        try:
            result.pieces[found] = _pieces(found, probed[found][0], pieces, folder, index, write)
        except BadImage as error:
            result.notes.append(f"not split: {found.relative}: {error}")
    if unknown:
        result.notes.append(
            f"nothing tells which side {unknown} coins of split photographs show; they are taken for obverses "
            "(add _rev to a photograph's name if it shows reverses)"
        )
    if write:
        former, index["pieces"] = index.get("pieces", {}), _index_of(result, probed)
        for relative in former.keys() - index["pieces"].keys():
            (folder / relative).unlink(missing_ok=True)
        _write_index(folder, index)
    return result


def _boxes(probed: Mapping[Found, Probed], index: Mapping[str, Any], notes: list[str]) -> dict[Found, list[Box] | None]:
    """Where the coins of each photograph are; a photograph that the index knows is not searched again.

    None where the search failed, which a note says.
    """
    known = index.get("coins", {})
    boxes: dict[Found, list[Box] | None] = {
        found: [(a, b, c, d) for a, b, c, d in known[probed[found][0]]] for found in probed if probed[found][0] in known
    }
    waiting = [found for found in probed if found not in boxes]
    with ThreadPoolExecutor() as pool:
        searched = zip(waiting, pool.map(lambda found: _find_boxes(found, probed[found]), waiting), strict=True)
        for found, places in tracked(searched, "splitting", "picture", len(waiting)):
            boxes[found] = None if isinstance(places, str) else places
            if isinstance(places, str):
                notes.append(f"not looked at for several coins: {found.relative}: {places}")
    return boxes


def _find_boxes(found: Found, probed: Probed) -> list[Box] | str:
    """The places of the coins in a photograph, or why they cannot be searched for."""
    try:
        with one_picture():
            picture = open_picture(found.path, SEARCH_SIDE)
            return _roomy([outline.resized(probed[1:]) for outline in find_outlines(picture)])
    except BadImage as error:
        return str(error)


def _roomy(outlines: Sequence[Outline]) -> list[Box]:
    """The rectangles of coins with some ground around them, but nothing of their neighbours' rectangles."""
    tight = [(*one.polygon.min(0), *one.polygon.max(0)) for one in outlines]
    boxes = []
    for place, (left, top, right, bottom) in enumerate(tight):
        margin = MARGIN * max(right - left, bottom - top)
        for other, (a, b, c, d) in enumerate(tight):
            apart = max(a - right, left - c, b - bottom, top - d)
            if other != place and apart < 2 * margin:
                margin = max(0.0, apart / 2)
        width, height = outlines[place].size
        end = min(width, int(np.ceil(right + margin))), min(height, int(np.ceil(bottom + margin)))
        boxes.append((max(0, int(left - margin)), max(0, int(top - margin)), *end))
    return boxes


def _trusted(told: Mapping[Found, CoinSide]) -> dict[Found, CoinSide]:
    """Without what single letters and numbers say alone: `A.17` is a name, unless there is an `R.17` as well."""
    faces: dict[str, set[Face]] = defaultdict(set)
    for one in told.values():
        faces[one.key].add(one.face)
    return {
        found: one
        for found, one in told.items()
        if found.face or len(faces[one.key]) > 1 or max(map(len, one.style.split("/"))) > 1
    }


def _without_uneven_partners(
    several: dict[Found, list[Box]], told: Mapping[Found, CoinSide], result: Splitting
) -> dict[Found, list[Box]]:
    """Without pictures of one name whose two faces show different numbers of coins: which is which is not known."""
    faces: dict[tuple[str, str], dict[Face, Found]] = defaultdict(dict)
    for found in told:
        faces[found.scope if found.face is None else "", told[found].key].setdefault(told[found].face, found)
    for pair in faces.values():
        numbers = [len(several.get(found, ["one"])) for found in pair.values()]
        if len(set(numbers)) > 1:
            names = " and ".join(f"{found.relative} ({n})" for found, n in zip(pair.values(), numbers, strict=True))
            result.notes.append(f"not split, because they do not show the same number of coins: {names}")
            several = {found: boxes for found, boxes in several.items() if found not in pair.values()}
    return several


def _named(
    found: Found, boxes: Sequence[Box], told: CoinSide | None, two_coins: bool
) -> Iterable[tuple[str, Face, Box]]:
    """The coin's name and the face of each piece."""
    if told is None and not two_coins and _two_sides(boxes):
        for face, box in zip(FACES, boxes, strict=True):
            yield found.stem, face, box
        return
    name, face = (told.key, told.face) if told else (found.stem, FACES[0])
    for number, box in enumerate(boxes, 1):
        yield f"{name}_{number:02d}", face, box


def _two_sides(boxes: Sequence[Box]) -> bool:
    """Whether two coins are likely the sides of one: of equal size, next to each other or one below the other."""
    if len(boxes) != 2:
        return False
    (a, b), sizes = ([np.array([(x + z) / 2, (y + w) / 2]) for x, y, z, w in boxes], [_size(box) for box in boxes])
    across, down = np.abs(a - b)
    return min(sizes) >= EQUAL * max(sizes) and min(across, down) < 0.35 * max(sizes)


def _size(box: Box) -> float:
    return float(np.sqrt((box[2] - box[0]) * (box[3] - box[1])))


def _pieces(
    found: Found,
    sha256: str,
    named: Sequence[tuple[str, Face, Box]],
    folder: Path,
    index: Mapping[str, Any],
    write: bool,
) -> list[Piece]:
    ending = ".png" if found.path.suffix.lower() in LOSSLESS else ".jpg"
    parent = Path(found.relative).parent
    picture: Image.Image | None = None
    pieces = []
    for name, face, box in named:
        relative = (parent / f"{name}_{face[:3]}{ending}").as_posix()
        path = folder / relative
        size = (box[2] - box[0], box[3] - box[1])
        known = index.get("pieces", {}).get(relative)
        if not write:
            checksum = hashlib.sha256(f"{sha256} {box}".encode()).hexdigest()
        elif known and (known["of"], tuple(known["box"])) == (sha256, box) and _unchanged(path, known["sha256"]):
            checksum = known["sha256"]
        else:
            picture = picture or open_picture(found.path)
            content = _encoded(picture.crop(box), ending)
            checksum = hashlib.sha256(content).hexdigest()
            _write(path, content)
        piece = Found(path, relative, found.scope, found.face, found.type)
        pieces.append(Piece(piece, CoinSide(name, face, "split"), box, (checksum, *size)))
    return pieces


def _unchanged(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _encoded(picture: Image.Image, ending: str) -> bytes:
    file = io.BytesIO()
    options = {} if ending == ".png" else {"quality": 95, "subsampling": 0}
    picture.save(file, "PNG" if ending == ".png" else "JPEG", **options)
    return file.getvalue()


def _read_index(folder: Path, source: Path) -> dict[str, Any]:
    """What a former run left: coins by the checksum of their photograph, pieces by their name."""
    if not folder.exists():
        return {}
    if not folder.is_dir():
        raise BadSplitFolder(f"{folder} is a file; --split names a folder")
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except FileNotFoundError:
        if any(folder.iterdir()):
            raise BadSplitFolder(
                f"{folder} is not empty and no pieces are in it: give --split an empty folder"
            ) from None
        return {}
    except ValueError:
        index = {}
    if index.get("made_by") != MADE_BY or index.get("source") != str(source):
        whose = index.get("source", "something else")
        raise BadSplitFolder(f"{folder} holds the pieces of {whose}: give each folder of photographs its own")
    return index


def _index_of(result: Splitting, probed: Mapping[Found, Probed]) -> dict[str, Any]:
    """Where each piece comes from: the photograph, its checksum, the rectangle; and the checksum of the piece."""
    return {
        piece.found.relative: {
            "picture": found.relative,
            "of": probed[found][0],
            "box": piece.box,
            "sha256": piece.probed[0],
        }
        for found, pieces in result.pieces.items()
        for piece in pieces
    }


def _write_index(folder: Path, index: Mapping[str, Any]) -> None:
    _write(folder / INDEX, json.dumps(index, ensure_ascii=False, indent=1).encode())


def _write(path: Path, content: bytes) -> None:
    """Complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as unfinished:
        unfinished.write_bytes(content)
