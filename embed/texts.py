"""The description of each side: a template filled with metadata, or what an outside program says of the picture."""

import hashlib
import re
import shlex
import shutil
import subprocess
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from errors import CoingraphError
from ingest.records import FACES, Face, Photograph, names_something

PATIENCE = 120  # seconds for an outside program and one picture
LONGEST = 2000  # characters kept of what it says: no encoder reads more
#: Filled from the side itself rather than from the coin's metadata.
FACE = "face"
#: `{side}` is the column `obverse` on an obverse and `reverse` on a reverse; `{side_legend}` likewise.
SIDE = "side"
OR = "|"  # between the columns of a field, of which the first that is known counts
#: The name of the template that is taken where none is named.
USUAL = "side"

_FIELD = re.compile(r"\{([^{}]*)\}")
# What ends a clause: a comma, semicolon or colon before a space; a dash between spaces; the end of a sentence.
_MARK = re.compile(r"([,;:](?=\s|$)\s*|\s+[-\u2013\u2014]\s+|[.!?](?:\s+(?=[A-Z\u00c0-\u00de])|\s*$))")
_BRACKETS = re.compile(r"(\s*\([^()]*\)|\s*\[[^\[\]]*\])")


class BadTemplate(CoingraphError):
    """A template that cannot be filled: braces that do not match, no field, or one that no coin has."""


class NoDescription(CoingraphError):
    """The outside program said nothing of a picture, or failed."""


@dataclass(frozen=True)
class Template:
    """A sentence with ``{fields}`` of the metadata; ``otherwise`` stands where none of them is known.

    A field is any metadata column by its name in the graph, ``{type}``, ``{face}`` (the word obverse or reverse), or
    ``{side}`` and ``{side_…}``: the side's own column, ``obverse_legend`` or ``reverse_legend`` for ``{side_legend}``.
    ``{side_description|type}`` is the first of several columns that is known.

    A field that is not known drops its clause: the words that lead to it, back to the field or the punctuation before,
    and those that follow up to the next punctuation where no other field comes before. "A {denomination} of
    {authority}, {mint}: {reverse}" without an authority is "A denarius, Rome: Victory". Brackets hold clauses of their
    own.
    """

    text: str
    name: str = ""
    otherwise: str = ""

    def __post_init__(self) -> None:
        unmatched = _FIELD.sub("", self.text)
        if "{" in unmatched or "}" in unmatched:
            raise BadTemplate(f"the braces of the template {self.text!r} do not match")
        for name in self._names:
            if not re.fullmatch(r"\w+(\|\w+)*", name) or (FACE in name.split(OR) and name != FACE):
                raise BadTemplate(f"{{{name}}} is no field: braces hold the name of a column, or several with {OR}")
        if not self.fields:
            raise BadTemplate(
                f"the template {self.text!r} names no field of the metadata, such as {{type}} or {{mint}}"
            )

    @cached_property
    def _names(self) -> list[str]:
        return list(dict.fromkeys(_FIELD.findall(self.text)))

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The metadata columns that go into the text, by name."""
        return tuple(sorted({column for name in self._names for column in _columns(name)}))

    def check(self, known: Collection[str]) -> None:
        """Raises `BadTemplate` for a field that is not among the ``known`` columns."""
        for name in self._names:
            columns = _columns(name)
            if columns and not set(columns) & set(known):
                there = ", ".join(sorted(known)) or "none"
                raise BadTemplate(
                    f"no coin has the field {{{name}}}; there are {there}, and {{{FACE}}} (the word obverse or "
                    f"reverse) and {{{SIDE}}} (the side's own column of that name; {{{SIDE}_legend}} likewise)"
                )

    def told(self, face: Face, values: Mapping[str, Any]) -> set[str]:
        """The metadata columns that go into the text of this side."""
        return {column for name in self._names if (column := _known(name, face, values)[0])}

    def __call__(self, face: Face, values: Mapping[str, Any]) -> str | None:
        """The text of a side of a coin with these metadata; None where it has none of the fields."""
        words = {name: _said(name, face, values) for name in self._names}
        if not any(words[name] for name in self._names if _columns(name)):
            return _filled(self.otherwise, words | {FACE: face}) or None
        text = _fill(self.text, words)
        return text[:1].upper() + text[1:] if self.text[:1].isupper() else text

    def description(self) -> dict[str, str]:
        return {"template": self.text, **({"otherwise": self.otherwise} if self.otherwise else {})}


def template(text: str) -> Template:
    """A built-in template by its name, or one of the user's own. Raises `BadTemplate`."""
    if text in TEMPLATES:
        return TEMPLATES[text]
    if "{" not in text:
        raise BadTemplate(f"{text!r} is neither a template's name ({', '.join(TEMPLATES)}) nor a text with {{fields}}")
    return Template(text)


def stored_template(description: Mapping[str, str]) -> Template:
    """The template that a space was made with, from its ``description()``."""
    made = Template(description["template"], otherwise=description.get("otherwise", ""))
    return next((known for known in TEMPLATES.values() if known.description() == made.description()), made)


def _columns(name: str) -> tuple[str, ...]:
    """The metadata columns behind a field of a template."""
    if name == FACE:
        return ()
    return tuple(dict.fromkeys(_column(one, face) for one in name.split(OR) for face in FACES))


def _column(name: str, face: Face) -> str:
    """The column that one name of a field means on a side."""
    of_side = name == SIDE or name.startswith(f"{SIDE}_")
    return face + name.removeprefix(SIDE) if of_side else name


def _said(name: str, face: Face, values: Mapping[str, Any]) -> str:
    """What a field becomes: nothing where the value is missing, or says that it is not known."""
    return face if name == FACE else _known(name, face, values)[1]


def _known(name: str, face: Face, values: Mapping[str, Any]) -> tuple[str, str]:
    """The first column of a field that is known, and its words; two empty texts where none is."""
    for one in name.split(OR) if name != FACE else ():
        column = _column(one, face)
        value = values.get(column)
        if isinstance(value, (list, tuple)):
            value = ", ".join(map(str, value))
        text = "" if value is None else f"{value:g}" if isinstance(value, float) else " ".join(str(value).split())
        if names_something(text):
            return column, text
    return "", ""


def _filled(text: str, words: Mapping[str, str]) -> str:
    return _FIELD.sub(lambda match: words.get(match[1], ""), text)


def _fill(text: str, words: Mapping[str, str]) -> str:
    """A template without the clauses whose field has no words."""
    marked = "".join(_clauses(text, words))
    marked = re.sub(r"\s+", " ", marked).strip()
    return re.sub(r"^[,;:.!?\u2013\u2014-]\s*", "", marked)


def _clauses(text: str, words: Mapping[str, str]) -> Iterator[str]:
    """What is left of each clause, with the mark before it; a mark at the very end of the text stays."""
    for part in _BRACKETS.split(text):
        if _BRACKETS.fullmatch(part):
            space, inside = part[: len(part) - len(part.lstrip())], part.strip()
            kept = _fill(inside[1:-1], words)
            if kept:
                yield space + inside[0] + kept + inside[-1]
            continue
        mark = ""
        for index, piece in enumerate(_MARK.split(part)):
            if index % 2:
                mark = piece
                continue
            kept = _clause(piece, words)
            if kept.strip() or (not piece and mark):
                yield mark + kept
            mark = ""


def _clause(clause: str, words: Mapping[str, str]) -> str:
    """A clause without the fields that have no words, and without the words that lead to them."""
    ends = [match.end() for match in _FIELD.finditer(clause)]
    if not ends:
        return clause
    starts = [0, *ends[:-1]]
    stops = [*ends[:-1], len(clause)]
    pieces = [clause[start:stop] for start, stop in zip(starts, stops, strict=True)]
    return "".join(_filled(piece, words) for piece in pieces if all(words[name] for name in _FIELD.findall(piece)))


#: Built-in templates. ``side``: the side's legend, and its description or, where it has none, the coin's type.
#: ``thesis``: the two sentences of the bachelor thesis that this project began from.
TEMPLATES = {
    USUAL: Template("{side_legend}: {side_description|side|side_design|side_portrait|side_type|type}", USUAL),
    "thesis": Template(
        "This is the {face} of an ancient Celtic coin depicting {type}.",
        "thesis",
        "The {face} of this ancient Celtic coin has an unidentified design.",
    ),
}


@dataclass(frozen=True)
class Describer:
    """An outside program (a captioning model) that writes the text of each picture.

    It is run without a shell, with the picture's path as its last argument, and prints the text.
    """

    command: str

    def __post_init__(self) -> None:
        try:
            program = shlex.split(self.command)
            if not program:
                raise ValueError("it is empty")
        except ValueError as error:
            raise NoDescription(f"--describe-with {self.command!r} is not a command: {error}") from error
        if not shutil.which(program[0]):
            raise NoDescription(f"--describe-with: there is no program {program[0]!r} that can be run; give its path")

    def __call__(self, photograph: Photograph) -> str:
        """What the program says of a picture. Raises `NoDescription`."""
        try:
            with photograph.path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != photograph.sha256:
                    raise NoDescription("changed since ingest")
        except OSError as error:
            raise NoDescription(error.strerror or str(error)) from error
        program = shlex.split(self.command)
        try:
            answer = subprocess.run(
                [*program, str(photograph.path)], capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired as error:
            raise NoDescription(f"{program[0]} did not answer within {PATIENCE} seconds") from error
        except OSError as error:
            raise NoDescription(f"{program[0]} cannot be run: {error.strerror or error}") from error
        if answer.returncode:
            said = answer.stderr.decode(errors="replace").strip().splitlines()
            raise NoDescription(f"{program[0]} ended with status {answer.returncode}{': ' + said[-1] if said else ''}")
        text = " ".join(answer.stdout.decode(errors="replace").split())[:LONGEST]
        if not text:
            raise NoDescription(f"{program[0]} said nothing")
        return text

    def description(self) -> dict[str, str]:
        return {"command": self.command}
