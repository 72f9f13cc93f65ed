"""A question as a file: Cypher with a header that says what it asks and which parameters it takes.

A header is the comment block at the top of the file::

    // Likely doubles                                        the title
    //
    // Which coins may be one coin photographed twice?       the question, then anything a reader should know
    //
    // @param space space: the space to ask                  name, type, what it is; no default: required or looked up
    // @param limit integer = 25: rows at most
    // @needs MATCHED by match                               relationships that a command must have made before
    // @answer {rows} pair(s) may be one coin | No pair      the answer in a sentence, and where there are no rows
    // @first coin, other                                    the columns that every table shows, in order
    // @false probability                                    the column that says how probably a row is a false alarm
    // @chance expected                                      the column that says how many rows, this one and those
                                                             before it, chance would give

In an answer ``{rows}`` is the number of rows, ``{coins}`` that of coins, and ``{alarms}`` says how many rows are
expected to be false alarms; ``(s)`` and ``is/are`` follow the rows.

A type is text, integer, number, boolean, list, or alternatives such as ``obverse|reverse|both``. A number may have a
range: ``integer >= 1``, ``number 0..100``. Six more are looked up in the graph (`catalogue.complete`): five texts,
``space`` (name or slug; default: the default space), ``partition`` (default: the latest of that space, of coins before
one of sides), ``run`` (default: the latest), ``coin`` (an id, or a unique ending of one) and ``measure`` (a property of
coins that is a number), and the list ``collections`` (names; ``[]``, which stands for all, also where all are named).
"""

import json
import math
import re
from dataclasses import dataclass, replace
from typing import Any

from errors import BadOption, counted

LOOKED_UP = ("space", "partition", "run", "coin", "measure", "collections")
NUMBER = r"-?\d+(?:\.\d+)?"
PARAMETER = re.compile(
    rf"@param (?P<name>\w+) (?P<type>[\w|]+)(?: >= (?P<from>{NUMBER})| (?P<least>{NUMBER})\.\.(?P<most>{NUMBER}))?"
    r"(?: = (?P<default>.*?))?: (?P<what>.+)"
)
ANSWER = re.compile(r"@answer (?P<some>.+?) \| (?P<none>.+)")
NEEDS = re.compile(r"@needs (?P<relationship>[A-Z_]+) by (?P<command>[\w -]+)")
TOLD = ("@param", "@needs", "@answer", "@first", "@false", "@chance")  # what lines of a header begin with
LARGEST = 2**63  # Neo4j's integers end before it


class BadParameter(BadOption):
    """A parameter is missing, unknown or of the wrong type; the message names it."""


@dataclass(frozen=True)
class Parameter:
    """``default`` is None where a value must be given or is looked up in the graph.

    A number is ``least`` at least and ``most`` at most.
    """

    name: str
    type: str
    default: Any
    description: str
    least: float = -math.inf
    most: float = math.inf

    @property
    def range(self) -> str:
        """``from 0 to 100``, ``at least 1``, or nothing."""
        if self.least == -math.inf:
            return ""
        return f"at least {self.least:g}" if self.most == math.inf else f"from {self.least:g} to {self.most:g}"

    @property
    def looked_up(self) -> bool:
        return self.type in LOOKED_UP

    @property
    def required(self) -> bool:
        """Whether a person must give it: nothing stands in for it."""
        return self.default is None and (self.type == "coin" or not self.looked_up)


@dataclass(frozen=True)
class Query:
    """A question. ``cypher`` is the file without its header; ``description`` begins with the question itself.

    ``needs`` is a type of relationships without which there is no answer, and the command that makes them. ``answer``
    says what rows mean, and what it means that there are none; ``first`` are the columns that a table must show.
    ``false`` is the column with the probability that a row is a false alarm, ``chance`` that with the number of rows
    down to it that chance would give.
    """

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    cypher: str
    needs: tuple[str, str] | None = None
    answer: tuple[str, str] | None = None
    first: tuple[str, ...] = ()
    false: str | None = None
    chance: str | None = None

    @property
    def question(self) -> str:
        """The first sentence of the description."""
        return self.description.split("?")[0].replace("\n", " ") + "?" if "?" in self.description else self.title

    def told(self, rows: int, coins: int | None, more: bool = False, alarms: str = "") -> str:
        """The answer in a sentence; ``more`` where there are more rows than were counted, ``alarms`` how many of the
        rows are expected to be false alarms, in words."""
        if self.answer is None:
            return f"{self.question} {counted(rows, 'row')}." if rows else f"{self.question} Nothing found."
        text = self.answer[0 if rows else 1]
        text = text.replace("(s)", "" if rows == 1 else "s")
        text = re.sub(r"(\w+)/(\w+)", r"\1" if rows == 1 else r"\2", text)
        number, asked = f"{rows:,}{' or more' * more}", f"{coins:,}" if coins is not None else "all"
        return text.format(rows=number, coins=asked, alarms=alarms) + "."

    @property
    def columns(self) -> list[str]:
        """The columns of a stored question: what its last RETURN at the beginning of a line names.

        They are read from the text, because to ask the server for them costs it a plan of the whole question.
        """
        returned = re.split(r"^RETURN (?:DISTINCT )?", self.cypher, flags=re.MULTILINE)[-1]
        returned = re.split(r"^(?:ORDER BY|SKIP|LIMIT)\b", returned, flags=re.MULTILINE)[0]
        return [re.split(r"\bAS\b", column)[-1].strip() for column in _parts(returned)]

    @property
    def takes(self) -> str:
        """The names of the parameters, those that must be given in capitals; `--collection` is an option."""
        return ", ".join(p.name.upper() if p.required else p.name for p in self.parameters if p.type != "collections")

    def checked(self, values: dict[str, Any]) -> dict[str, Any]:
        """``values`` converted, with defaults. Looked-up parameters that were not given are left out.

        Raises `BadParameter` for one that is unknown, missing or of the wrong type.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in values:
            if name not in known:
                takes = ", ".join(known) or "no parameters"
                raise BadParameter(f"{self.name} has no parameter {name!r}; it takes {takes}")
        complete: dict[str, Any] = {}
        for name, parameter in known.items():
            if name in values:
                complete[name] = check(parameter, values[name])
            elif parameter.default is not None:
                complete[name] = parameter.default
            elif parameter.required:
                kind = "a coin's id" if parameter.type == "coin" else parameter.type
                raise BadParameter(f"{self.name} needs {name} ({kind}: {parameter.description}); add {name}=…")
        return complete


def parse(text: str, name: str) -> Query:
    """A question from the text of its file. The header may be missing; raises `BadParameter` where it is malformed."""
    lines = text.strip().splitlines()
    length = next((i for i, line in enumerate(lines) if not line.startswith("//")), len(lines))
    header = [line[2:].strip() for line in lines[:length]]
    parameters = tuple(_parameter(line, name) for line in header if line.startswith("@param"))
    needs = [found for line in header if (found := NEEDS.fullmatch(line))]
    answers = [found for line in header if (found := ANSWER.fullmatch(line))]
    first = next((line.removeprefix("@first ") for line in header if line.startswith("@first ")), "")
    false = next((line.removeprefix("@false ") for line in header if line.startswith("@false ")), None)
    chance = next((line.removeprefix("@chance ") for line in header if line.startswith("@chance ")), None)
    prose = [line for line in header if not line.startswith(TOLD)]
    title = prose[0] if prose else name
    cypher = "\n".join(lines[length:]).strip().removesuffix(";")
    made = (needs[0]["relationship"], needs[0]["command"]) if needs else None
    said = (answers[0]["some"], answers[0]["none"]) if answers else None
    names = tuple(filter(None, (column.strip() for column in first.split(","))))
    return Query(name, title, "\n".join(prose[1:]).strip(), parameters, cypher, made, said, names, false, chance)


def _parts(returned: str) -> list[str]:
    """The text between commas that stand in no brackets."""
    parts, depth = [""], 0
    for letter in returned:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _parameter(line: str, query: str) -> Parameter:
    match = PARAMETER.fullmatch(line)
    if match is None:
        raise BadParameter(
            f"{query}: cannot read the header line {line!r}; write `@param NAME TYPE = DEFAULT: MEANING`"
        )
    least, most = float(match["from"] or match["least"] or -math.inf), float(match["most"] or math.inf)
    parameter = Parameter(match["name"], match["type"], None, match["what"], least, most)
    if match["default"] is None:
        return parameter
    return replace(parameter, default=check(parameter, match["default"]))


def check(parameter: Parameter, value: Any) -> Any:
    """``value``, of the right Python type or a text that reads as one, as the parameter wants it.

    Raises `BadParameter`.
    """
    kind = parameter.type
    if "|" in kind:
        choices = kind.split("|")
        if value in choices:
            return value
        raise BadParameter(f"{parameter.name} must be one of {', '.join(choices)}, not {value!r}")
    try:
        if kind in ("list", "collections"):
            return json.loads(value) if isinstance(value, str) and value.startswith("[") else _as_list(value)
        if kind in ("text", *LOOKED_UP) and isinstance(value, str):
            return value
        if kind == "boolean":
            return value if isinstance(value, bool) else {"true": True, "false": False}[value.lower()]
        if kind == "integer" and not isinstance(value, bool | float):
            return _in_range(parameter, int(value))
        if kind == "number" and not isinstance(value, bool):
            return _in_range(parameter, float(value))
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    raise BadParameter(f"{parameter.name} must be {_article(kind)}, not {value!r}")


def _in_range(parameter: Parameter, value: float) -> float:
    if not abs(value) < LARGEST:  # no number at all is not less either
        raise ValueError(value)
    if not parameter.least <= value <= parameter.most:
        raise BadParameter(f"{parameter.name} must be {parameter.range}, not {value:g}")
    return value


def _as_list(value: Any) -> list[Any]:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else list(value)


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def guess(value: Any) -> Any:
    """A value given for a parameter without a declared type: a number, a truth value or a list if it reads as JSON."""
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def show(query: Query, values: dict[str, Any]) -> str:
    """What to paste into Neo4j Browser: a `:param` line for each of ``values``, then the question."""
    lines = [f":param {name} => {literal(value)};" for name, value in values.items()]
    comments = [f"// {line}".rstrip() for line in (query.title, "", *query.description.splitlines())]
    about = [f"// {p.name} ({', '.join(filter(None, (p.type, p.range)))}): {p.description}" for p in query.parameters]
    return "\n".join([*lines, "", *comments, "//", *about, query.cypher + ";"])


def literal(value: Any) -> str:
    """A value as a Cypher literal."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(literal(part) for part in value)}]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
        return f"'{escaped}'"
    return repr(value)
