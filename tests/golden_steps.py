"""What the golden test runs, in order, and how one of its outputs is told to be as it was.

Whole numbers, words, keys and order must be equal. Numbers with a fraction may differ by `RELATIVE` or `ABSOLUTE`, in
sentences too, because another machine sums in another order. What differs in every run (`VOLATILE`, times, folders) is
cut out beforehand.
"""

import csv
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from queries.stored import catalogue

RELATIVE, ABSOLUTE = 5e-3, 2e-3
#: What a step needs in place of these two. A trained head ends a little elsewhere on each kind of processor, and how
#: many times rarer one likeness is than another hangs on the last pairs of all.
TOLERANCES = {"train": (0.02, 0.02), "query-one-side-alike": (0.02, 0.02)}
VOLATILE = {"seconds", "view_seconds", "run", "uri", "username", "browser", "neo4j", "edition", "gds", "embedded"}
TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.+]*Z?|\d+(\.\d+)? s\b")
FRACTION = re.compile(r"-?\d+\.\d+(?:e-?\d+)?|-?\d+e-\d+")
WIDTH = 160

#: Values of the parameters that have no default. RUN stands for the id of the first run.
VALUES = {
    "related-coins": ["coin=SH-0003"],
    "matched-coins": ["coin=SH-0003"],
    "spaces-disagree": ["other_space=minilm"],
    "run-changes": ["run=RUN"],
}
#: Nobody gives a verdict here.
BY_PERSONS = "verdicts-differ"
AFTER_DIES = ("die-chains", "die-contradictions", "die-links", "die-review")


def steps() -> dict[str, list[str]]:
    """Each command line by the name of its golden file. HOARD is the benchmark's folder, TMP one to write to."""
    queries = {
        f"query-{q.name}": ["query", q.name, *VALUES.get(q.name, []), "--json"]
        for q in catalogue()
        if q.name != BY_PERSONS
    }
    late = {name: queries.pop(name) for name in (f"query-{name}" for name in AFTER_DIES)}
    # A percentile is the cosine of some pair: on which side of it that pair falls hangs on how a machine rounds.
    by_cosine = ["--threshold", "0.5", "--threshold", "0.9"]
    reading = ["HOARD", "--collection", "v1", "--type", "type"]
    return {
        "ingest-dry-run": ["ingest", *reading, "--dry-run", "--json"],
        "ingest": ["ingest", *reading, "--json"],
        "embed-words": ["embed", "--space", "minilm"],
        "link-words": ["link", "--space", "minilm", "--json"],
        "run": ["run", *reading, "--thorough", "--report", "TMP/report", "--json"],
        "spaces-default": ["spaces", "default", "coin-lite2"],
        "link-again": ["link", "--space", "coin-lite2", "--json"],
        "analyze": ["analyze", "--json"],
        "match": ["match", "--json"],
        "calibrate": ["calibrate", "--json"],
        "propose": ["propose", "--json"],
        "evaluate": ["evaluate", "--json"],
        "evaluate-score": ["evaluate", "--metric", "score", "--face", "reverse", "--confounder", "camera", "--json"],
        "evaluate-mint": ["evaluate", "--label", "mint", "--metric", "mahalanobis", "--json"],
        "sweep": ["sweep", "--label", "type", "--steps", "8", "--json"],
        **queries,
        "find-coin": ["find", "SH-0006", "--json"],
        "find-side": ["find", "SH-0006", "--side", "reverse", "--top", "5", "--json"],
        "find-why": ["find", "SH-0003", "--why", "SH-0006", "--json"],
        "find-known-photograph": ["find", "HOARD/photographs/SH-0003_obv.jpg", "--top", "3", "--json"],
        "find-photograph": ["find", "TMP/unknown.png", "--top", "5", "--json"],
        "find-words": ["find", "--text", "a horse", "--space", "minilm", "--top", "5", "--json"],
        "export-graphml": ["export", "graph", "TMP/coins.graphml"],
        "export-csv": ["export", "graph", "TMP/tables", "--csv"],
        "dies": ["dies", "--top", "8", "--json"],
        **late,
        "train": ["train", "--label", "type", "--name", "taught", "--views", "0", "--json"],
        "transform": ["transform", "coin-lite2", "--by", "whiten", "--dimension", "16", "--name", "white"],
        "fuse": ["fuse", "--image", "coin-lite2", "--text", "minilm", "--method", "late", "--name", "late"],
        "compare": ["compare", "coin-lite2", "white", "late", "minilm", *by_cosine, "--json"],
        "compare-two": ["compare", "coin-lite2", "white", "--face", "obverse", "--threshold", "0.4", "--json"],
        "analyze-reverse": ["analyze", "--face", "reverse", "--algorithm", "wcc", "--json"],
        "partitions": ["partitions", "list", "--json"],
        "spaces": ["spaces", "list", "--json"],
        "collections": ["collections", "list", "--json"],
        "types": ["types", "--json"],
        "status": ["status", "--json"],
        "query": ["query", "--json"],
    }


def settled(value: Any, folders: dict[str, str]) -> Any:
    """An output without what differs in every run; fractions with six digits."""
    if isinstance(value, dict):
        return {key: "…" if key in VOLATILE else settled(part, folders) for key, part in value.items()}
    if isinstance(value, list):
        return [settled(part, folders) for part in value]
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, str):
        for folder, name in folders.items():
            value = value.replace(folder, name)
        return TIMES.sub("…", value)
    return value


def differences(expected: Any, found: Any, tolerance: tuple[float, float], where: str = "") -> Iterator[str]:
    """A line for each place at which the two are not the same."""
    if isinstance(expected, dict) and isinstance(found, dict):
        if list(expected) != list(found):
            yield f"{where}: the keys are {list(found)}, not {list(expected)}"
        for key in expected.keys() & found.keys():
            yield from differences(expected[key], found[key], tolerance, f"{where}.{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{where}: {len(found)} entries, not {len(expected)}"
        for place, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from differences(one, other, tolerance, f"{where}[{place}]")
    elif not _same(expected, found, tolerance):
        yield f"{where}: {json.dumps(found, ensure_ascii=False)}, not {json.dumps(expected, ensure_ascii=False)}"


def _same(expected: Any, found: Any, tolerance: tuple[float, float]) -> bool:
    if isinstance(expected, float) and isinstance(found, float):
        return math.isclose(expected, found, rel_tol=tolerance[0], abs_tol=tolerance[1])
    if isinstance(expected, str) and isinstance(found, str):
        return FRACTION.sub("…", expected) == FRACTION.sub("…", found) and all(
            _close_as_written(one, other, tolerance)
            for one, other in zip(FRACTION.findall(expected), FRACTION.findall(found), strict=True)
        )
    return type(expected) is type(found) and expected == found


def _close_as_written(one: str, other: str, tolerance: tuple[float, float]) -> bool:
    """Two fractions of a sentence: by one in the last digit that was written they may always differ."""
    last = 10.0 ** -len(one.partition(".")[2])
    return math.isclose(float(one), float(other), rel_tol=tolerance[0], abs_tol=tolerance[1] + 1.01 * last)


def written(value: Any, margin: str = "") -> str:
    """JSON with whatever fits into a line on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(margin) + len(flat) <= WIDTH or not value or not isinstance(value, dict | list):
        return flat
    deeper = f"{margin}  "
    if isinstance(value, dict):
        parts = [f"{json.dumps(key, ensure_ascii=False)}: {written(part, deeper)}" for key, part in value.items()]
    else:
        parts = [written(part, deeper) for part in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(parts) + f"\n{margin}{closing}"


def read_network(path: Path) -> Any:
    """An exported network: the rows of the two tables, or what a GraphML file declares, counts and begins with."""
    if path.is_dir():
        return {file.name: _rows(file) for file in sorted(path.iterdir())}
    graph = ElementTree.parse(path).getroot()
    found: dict[str, Any] = {"keys": [list(key.attrib.values()) for key in graph.findall("{*}key")]}
    for kind in ("node", "edge"):
        elements = graph.findall(f"{{*}}graph/{{*}}{kind}")
        first = [*elements[0].attrib.values(), *(_number(data.text or "") for data in elements[0])]
        found[kind] = {"count": len(elements), "first": first}
    return found


def _rows(file: Path) -> list[list[Any]]:
    with file.open(encoding="utf-8", newline="") as table:
        return [[_number(cell) for cell in row] for row in csv.reader(table)]


def _number(text: str) -> Any:
    return float(text) if FRACTION.fullmatch(text) else text
