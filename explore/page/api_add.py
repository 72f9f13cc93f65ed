"""New photographs on the page: seen first, then added to a collection, or not."""

import json
import math
import secrets
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request

from coingraph import CoingraphError, read_rim
from embed.legends.letters import DOUBTFUL
from errors import BadOption
from explore.page import told
from explore.page.api_verdicts import body_of, text
from explore.page.pictures import save
from explore.page.site import NotFound, Site, me
from explore.page.words import _
from ingest.images import ENDINGS, BadImage, open_coin, probe
from ingest.outlines import Outline, find_outline
from ingest.records import FACES, Face

if TYPE_CHECKING:
    from coingraph import Hit

SHOWN = 768  # pixels of a picture's longer side
KEPT = 24 * 3600  # seconds that photographs wait for a decision
NEAREST, LIKELY = 12, 3
MOST_FIELDS = 40
MOST_CORNERS = 200
BEYOND = 1.0  # the picture's width or height, by which an outline may reach out of it


def collections(site: Site, request: Request) -> dict[str, Any]:
    """The collections that a coin can be added to."""
    return {"version": str(site.gallery.version), "collections": site.gallery.named["collection"].names}


async def photographs(site: Site, request: Request) -> Any:
    """Take one or two photographs in, with the outlines that a person drew on them, and say what they show."""
    async with request.form(max_files=2, max_fields=4) as form:
        given: dict[Face, UploadFile] = {}
        drawn: dict[Face, list[list[float]]] = {}
        for face in FACES:
            one, outline = form.get(face), form.get(f"{face}_outline")
            if isinstance(one, UploadFile) and one.size:
                given[face] = one
                if outline:
                    drawn[face] = _shares(str(outline))
        if not given:
            raise BadOption("send a photograph as obverse, reverse or both")
        ticket = secrets.token_urlsafe(16)
        folder = site.folder / "uploads" / ticket
        await run_in_threadpool(_take_in, folder, given, drawn, me(request))
    return await run_in_threadpool(_seen, site, ticket, folder)


def _take_in(folder: Path, given: dict[Face, UploadFile], drawn: dict[Face, list[list[float]]], person: str) -> None:
    """Write uploads under names of our own: of theirs only the ending counts, where it is that of a picture."""
    _forget_old(folder.parent)
    folder.mkdir(parents=True)
    (folder / "person").write_text(person, "utf-8")
    for face, one in given.items():
        name = Path(one.filename or "").name
        ending = Path(name).suffix.lower()
        with (folder / f"{face}{ending if ending in ENDINGS else '.jpg'}").open("wb") as file:
            shutil.copyfileobj(one.file, file)
        stem = "".join(letter for letter in Path(name).stem if letter.isalnum() or letter in " ._-").strip(" .")
        (folder / f"{face}.name").write_text(stem[:80], "utf-8")
    for face, shares in drawn.items():
        (folder / f"{face}.outline.json").write_text(json.dumps(shares), "utf-8")


def _seen(site: Site, ticket: str, folder: Path) -> dict[str, Any]:
    try:
        return _told(site, ticket, folder)
    except BadImage:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _shares(given: str) -> list[list[float]]:
    """Corners of an outline that a person drew, in shares of the picture's width and height. Raises `BadOption`."""
    try:
        corners = [[float(x), float(y)] for x, y in json.loads(given)]
    except (TypeError, ValueError, RecursionError):
        corners = []
    within = all(math.isfinite(v) and -BEYOND <= v <= 1 + BEYOND for corner in corners for v in corner)
    wide = corners and min(max(axis) - min(axis) for axis in zip(*corners, strict=True)) > 0.01
    if not within or not wide or not 3 <= len(corners) <= MOST_CORNERS:
        raise BadOption(f"outline is a list of 3 to {MOST_CORNERS} corners, each x and y in shares of the picture")
    return corners


def _drawn(folder: Path, files: dict[Face, Path]) -> dict[Face, Outline]:
    """The outlines that a person drew, in pixels of the photographs."""
    shares = {face: folder / f"{face}.outline.json" for face in files}
    return {
        face: Outline.drawn(json.loads(file.read_text("utf-8")), probe(files[face])[1:])
        for face, file in shares.items()
        if file.is_file()
    }


def _told(site: Site, ticket: str, folder: Path) -> dict[str, Any]:
    """What the photographs show: outlines, whether they are known, what they are like."""
    files = _files(folder)
    drawn = _drawn(folder, files)
    sides: dict[str, Any] = {}
    for face, path in files.items():
        _sha256, width, height = probe(path)
        picture = open_coin(path, SHOWN)
        outline = drawn[face].resized(picture.size) if face in drawn else find_outline(picture)
        shown = picture.copy()
        shown.thumbnail((SHOWN, SHOWN), Image.Resampling.LANCZOS)
        save(shown, folder / f"{face}.seen.webp")
        known = site.graph.known_photograph(path)
        sides[face] = {
            "picture": f"/uploads/{ticket}/{face}.webp",
            "outline": [
                [round(float(x) / picture.width, 5), round(float(y) / picture.height, 5)] for x, y in outline.polygon
            ],
            "confidence": outline.confidence,
            "sure": outline.sure,
            "width": width,
            "height": height,
            "read": read_rim(path, drawn.get(face)).text.strip(DOUBTFUL),
            "known": next(iter(site.cards([row["coin"] for row in known]).values()), None),
        }
    hits: list[Hit] = []
    missing = None
    try:
        for face, path in files.items():
            hits += site.graph.find(photograph=path, side=face, top=NEAREST, outline=drawn.get(face))
    except CoingraphError as error:
        missing = {"what": "vectors", "command": "coingraph embed", "message": str(error)}
    rows = _relatives(site, hits)
    names = [file.read_text("utf-8") for file in sorted(folder.glob("*.name"))]
    return {
        "ticket": ticket,
        "sides": {face: sides.get(face) for face in FACES},
        "likely": _likely(hits),
        "relatives": rows,
        "missing": missing,
        "collections": site.gallery.named["collection"].names,
        "name": names[0] if names else "",
    }


def _relatives(site: Site, hits: "Sequence[Hit]") -> list[dict[str, Any]]:
    """The nearest coins by either side, each once."""
    faces: dict[str, dict[str, Any]] = defaultdict(lambda: dict.fromkeys(FACES))
    for hit in hits:
        for face, like in hit.faces.items():
            likeness = {"cosine": like.cosine, "percentile": like.percentile}
            faces[hit.coin][face] = dict.fromkeys(told.OF_A_FACE) | likeness
    best = {coin: sum(one["cosine"] for one in some.values() if one) for coin, some in faces.items()}
    nearest = sorted(best, key=lambda coin: -best[coin])[:NEAREST]
    cards = site.cards(nearest)
    rest = {"sentence": "", "verdicts": [], "version": 0}
    rest |= dict.fromkeys(("score", "probability", "word", "same_type"))
    return [{"card": cards[coin], "faces": faces[coin]} | rest for coin in nearest if coin in cards]


def _likely(hits: "Sequence[Hit]") -> list[dict[str, Any]]:
    """The types that the nearest coins vote for, each with its share of the votes; likeness is the weight."""
    votes: dict[str, float] = defaultdict(float)
    for hit in hits:
        if hit.type:
            votes[hit.type] += max(max(like.cosine for like in hit.faces.values()), 0) ** 4
    total = sum(votes.values())
    ranked = sorted(votes.items(), key=lambda one: -one[1])[:LIKELY]
    return [{"type": told.typed(name), "share": vote / total} for name, vote in ranked] if total else []


async def add(site: Site, request: Request) -> Any:
    """Add a coin with the photographs of a ticket."""
    return await run_in_threadpool(_add, site, me(request), await body_of(request))


def _add(site: Site, person: str, body: dict[str, Any]) -> dict[str, Any]:
    folder = _folder(site, person, text(body, "ticket", 64) or "")
    collection, name = text(body, "collection", 200) or "", (text(body, "name", 200) or "").strip()
    fields = body.get("fields") or {}
    if not isinstance(fields, dict) or len(fields) > MOST_FIELDS:
        raise BadOption("fields is an object of texts")
    values = {str(key)[:100]: str(value)[:1000] for key, value in fields.items() if value not in (None, "")}
    if not name or "/" in name or name.startswith("."):
        raise BadOption("give the coin a name without a slash")
    files = _files(folder)
    first = files.get("obverse")
    if first is None:
        raise BadOption("a coin needs its obverse")
    kept = site.folder.parent / "photographs" / folder.name
    kept.mkdir(parents=True, exist_ok=True)
    moved = {face: Path(shutil.copy2(path, kept / path.name)) for face, path in files.items()}
    try:
        added = site.graph.add(
            moved["obverse"],
            moved.get("reverse"),
            collection=collection,
            name=name,
            type=text(body, "type"),
            fields=values,
            author=person,
            outlines=_drawn(folder, files),
        )
    except BaseException:
        shutil.rmtree(kept, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    site.changed()
    cards = site.cards([added.coin])
    return {"card": cards[added.coin], "likeliest": told.typed(added.likeliest), "share": added.share}


async def discard(site: Site, request: Request) -> Any:
    """Leave photographs of a ticket."""
    await body_of(request)
    folder = _folder(site, me(request), request.path_params["ticket"])
    await run_in_threadpool(shutil.rmtree, folder, True)
    return {"discarded": request.path_params["ticket"]}


def uploaded(site: Site, request: Request, ticket: str, face: str) -> Path:
    """The picture of an upload, made anew. Raises `NotFound`."""
    file = _folder(site, me(request), ticket) / f"{face}.seen.webp"
    if face not in FACES or not file.is_file():
        raise NotFound(_("There is nothing at this address."))
    return file


def _folder(site: Site, person: str, ticket: str) -> Path:
    """The folder of a ticket of this person. Raises `NotFound`."""
    folder = site.folder / "uploads" / ticket
    letters = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
    if not ticket or not set(ticket) <= letters or not (folder / "person").is_file():
        raise NotFound(_("These photographs are gone: add them again."))
    if (folder / "person").read_text("utf-8") != person:
        raise NotFound(_("These photographs are gone: add them again."))
    return folder


def _files(folder: Path) -> dict[Face, Path]:
    found: dict[Face, Path] = {}
    for face in FACES:
        for path in folder.glob(f"{face}.*"):
            if path.suffix in ENDINGS and not path.name.endswith(".seen.webp"):
                found[face] = path
    return found


def _forget_old(uploads: Path) -> None:
    """Remove what nobody decided about."""
    for folder in uploads.glob("*"):
        if time.time() - folder.stat().st_mtime > KEPT:
            shutil.rmtree(folder, ignore_errors=True)


ROUTES: dict[tuple[str, str], Callable[[Site, Request], Any]] = {
    ("POST", "/api/photographs"): photographs,
    ("POST", "/api/photographs/{ticket}/discard"): discard,
    ("POST", "/api/add"): add,
}
