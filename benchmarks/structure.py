"""How many files one capability is spread over, and how many lines of code there are.

A capability is a command. Its own functions (and classes) are those that its command reaches and no other command does;
`run` and `demo`, which do everything, are not counted among the others. Where one capability makes use of another, the
call is named in `LOANS` and not followed: what is behind it stays the lender's own. `TOOLS` are nobody's own.

A file counts for a capability where it defines one of its own functions, or refers to one: calls it, hands it on,
exports it again. `cli.py`, which lists the commands, counts for none; annotations are no reference.

What a name refers to is read from the source alone: imports, names of the same file, attributes of imported modules. A
method counts with its class, but those of the door (`coingraph.Graph`) one by one: ``graph.link`` in a command.

    python -m benchmarks.structure            # the table
    python -m benchmarks.structure evaluate   # the files of one capability, with its own functions in each
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from io import StringIO
from pathlib import Path
from tokenize import COMMENT, DEDENT, ENCODING, ENDMARKER, INDENT, NEWLINE, NL, generate_tokens
from typing import Any

from tabulate import tabulate

ROOT = Path(__file__).parent.parent
PACKAGES = ("commands", "explore", "pipeline", "queries", "graph", "dies", "measure", "embed", "hoard", "ingest")
DOOR = "coingraph"
EVERYTHING = {"run", "demo"}
AT_FIRST = 18_943  #: lines of code at a7af668, of which a tenth is to go

#: Who calls what of another capability's. A call that is no more must go from here, too: the program says so.
LOANS = {
    ("pipeline.link.link", "pipeline.link.sweep"),  # `link --threshold auto`
    ("pipeline.link._network", "pipeline.similar.FaceLinks"),
    ("pipeline.link.sweep", "pipeline.similar.LinkOptions"),
    ("pipeline.link._network", "pipeline.similar.related_edges"),
    ("pipeline.link.bring_up", "graph.matches.bring_matches"),
    ("pipeline.link.bring_up", "pipeline.calibrate.keep_current"),
    ("pipeline.link.link", "pipeline.calibrate.keep_current"),
    ("pipeline.match.match", "pipeline.calibrate.keep_current"),
    ("queries.vectors.made_by", "embed.fusion.Fusion"),
    ("queries.vectors.of_picture", "embed.fusion.Fusion"),
    ("queries.vectors.of_words", "embed.fusion.Fusion"),
    ("queries.vectors.made_by", "embed.head.Head"),
}

#: General tools: a capability that is the only one to use a function of theirs today does not own it for that.
TOOLS = (
    "graph.coins",
    "ingest.images",
    "measure.coinset",
    "measure.communities",
    "measure.likeness",
    "measure.neighbours",
    "measure.retrieval",
)


@dataclass
class Module:
    """One file: its functions and classes by name, and what each name that it imports stands for."""

    name: str
    path: Path
    tree: ast.Module
    imports: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, ast.AST] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Module":
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        module = cls(name, path, ast.parse(path.read_text(encoding="utf-8")))
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    module.imports[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom):
                module.imports |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
        for node in module.tree.body:
            if module.name == DOOR and isinstance(node, ast.ClassDef):
                module.definitions |= {node.name: ast.Pass(), **_attributes(node)}
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                module.definitions[node.name] = node
        return module

    def called(self, node: ast.AST) -> Iterator[str]:
        """Dotted names that the code under ``node`` refers to, as far as imports and this file tell."""
        for inner in _without_annotations(node):
            name = _dotted(inner)
            if name:
                first, _, rest = name.partition(".")
                known = self.imports.get(first) or (f"{self.name}.{first}" if first in self.definitions else "")
                if first == "graph" and self.name.startswith("commands."):
                    known = f"{DOOR}.Graph"
                if known:
                    yield f"{known}.{rest}" if rest else known


def _attributes(door: ast.ClassDef) -> dict[str, ast.AST]:
    """The methods of a class, written out or bound, by their dotted names."""
    found: dict[str, ast.AST] = {}
    for node in door.body:
        if isinstance(node, ast.FunctionDef):
            found[f"{door.name}.{node.name}"] = node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[f"{door.name}.{node.targets[0].id}"] = node.value
    return found


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def _without_annotations(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, ast.AST):
                yield from _without_annotations(inner)


class Program:
    """All product code, and which function refers to which."""

    def __init__(self) -> None:
        files = [f for package in PACKAGES for f in sorted((ROOT / package).rglob("*.py"))]
        files += [ROOT / f"{DOOR}.py", ROOT / "errors.py"]
        self.modules = {module.name: module for module in map(Module.read, files)}

    def resolved(self, name: str) -> str | None:
        """The function or class (``module.name``) that a dotted name means, through re-exports; None for others."""
        for _ in range(5):
            parts = name.split(".")
            for cut in range(len(parts) - 1, 0, -1):
                module = self.modules.get(".".join(parts[:cut]))
                if module is None:
                    continue
                for own in (".".join(parts[cut : cut + 2]), parts[cut]):
                    if own in module.definitions:
                        return f"{module.name}.{own}"
                if parts[cut] not in module.imports:
                    return None
                name = ".".join([module.imports[parts[cut]], *parts[cut + 1 :]])
                break
            else:
                return None
        return None

    @cached_property
    def calls(self) -> dict[str, set[str]]:
        """For each function, the functions that it refers to."""
        found = {}
        for module in self.modules.values():
            for name, node in module.definitions.items():
                me = f"{module.name}.{name}"
                found[me] = {other for call in module.called(node) if (other := self.resolved(call))} - {me}
        return found

    @cached_property
    def commands(self) -> dict[str, str]:
        """The function of each command, by the command's name."""
        found = {}
        for module in self.modules.values():
            for name, node in module.definitions.items():
                if not module.name.startswith("commands.") or not isinstance(node, ast.FunctionDef):
                    continue
                for mark in node.decorator_list:
                    if isinstance(mark, ast.Call) and _dotted(mark.func).split(".")[-1] == "command":
                        group = _dotted(mark.func).removesuffix("command").removesuffix(".")
                        given = mark.args[0] if mark.args else None
                        own = str(given.value) if isinstance(given, ast.Constant) else name
                        found[own if not group else f"{group} {own}"] = f"{module.name}.{name}"
        return found

    @cached_property
    def reach(self) -> dict[str, set[str]]:
        """For each command, all that it refers to, directly or not, itself included; loans are not followed."""
        return {command: self._reached(start) for command, start in self.commands.items()}

    def _reached(self, start: str) -> set[str]:
        seen, ahead = {start}, [start]
        while ahead:
            here = ahead.pop()
            new = {call for call in self.calls[here] - seen if (here, call) not in LOANS}
            seen |= new
            ahead += new
        return seen

    def own(self, command: str) -> set[str]:
        """What this command alone reaches, tools aside."""
        others = (reach for name, reach in self.reach.items() if name not in EVERYTHING | {command})
        mine = self.reach[command].difference(*others)
        return {name for name in mine if name.rpartition(".")[0] not in TOOLS}

    def files(self, own: set[str]) -> dict[str, set[str]]:
        """The files that define a function of ``own`` or refer to one, with the names."""
        found: dict[str, set[str]] = {}
        for module in self.modules.values():
            defined = {name for name in module.definitions if f"{module.name}.{name}" in own}
            referred = self.referred[module.name] & own
            if defined or referred:
                path = str(module.path.relative_to(ROOT))
                found[path] = defined | {f"-> {name}" for name in referred if name.rpartition(".")[0] != module.name}
        return found

    @cached_property
    def referred(self) -> dict[str, set[str]]:
        """What each module refers to; a package's `__init__` to all that it imports, for it exports it again."""
        found = {}
        for module in self.modules.values():
            named = [*module.called(module.tree), *(module.imports.values() if module.path.stem == "__init__" else ())]
            found[module.name] = {other for name in named if (other := self.resolved(name))}
        return found


def lines_of_code() -> int:
    """Lines with code: no blanks, no comments, no docstrings."""
    tops = [ROOT / f"{name}.py" for name in ("cli", DOOR, "errors")]
    files = [*tops, *(f for package in PACKAGES for f in (ROOT / package).rglob("*.py"))]
    return sum(map(_lines, files))


def _lines(file: Path) -> int:
    text = file.read_text(encoding="utf-8")
    docstrings = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            docstrings |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = set()
    for token in generate_tokens(StringIO(text).readline):
        if token.type not in (COMMENT, NL, NEWLINE, INDENT, DEDENT, ENCODING, ENDMARKER):
            lines |= set(range(token.start[0], token.end[0] + 1))
    return len(lines - docstrings)


def main() -> None:
    program = Program()
    for borrower, lent in sorted(LOANS):
        if lent not in program.calls.get(borrower, ()):
            print(f"no longer true, take it out of LOANS: {borrower} calls {lent}", file=sys.stderr)
    if sys.argv[1:]:
        for path, names in program.files(program.own(" ".join(sys.argv[1:]))).items():
            print(f"{path}: {', '.join(sorted(names))}")
        return
    rows: list[dict[str, Any]] = []
    for command in program.commands:
        files = program.files(program.own(command))
        folders = {path.rpartition("/")[0] for path in files}
        rows.append({"capability": command, "files": len(files), "folders": len(folders)})
    rows.sort(key=lambda row: -row["files"])
    print(tabulate(rows, headers="keys", tablefmt="github"))
    code = lines_of_code()
    print(f"\n{code:,} lines of code, {code / AT_FIRST - 1:+.1%} since a7af668 ({AT_FIRST:,})")


if __name__ == "__main__":
    main()
