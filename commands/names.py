"""What a shell completes: names of the graph, from a file in the home, and stored questions with what they take."""

import os
import shlex
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from offline import Glance

Completed = Callable[[click.Context, click.Parameter, str], list[str]]
#: The types of parameters of questions whose values are such names.
LOOKED_UP = {"coin": "coins", "space": "spaces", "collections": "collections", "partition": "partitions"}


def _of(kind: str) -> Completed:
    def complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
        return [_quoted(name) for name in _beginning(_names(kind), incomplete)]

    return complete


types, spaces, collections, partitions = map(_of, ("types", "spaces", "collections", "partitions"))


def coins(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Ids of coins, or what follows the collection in them: that is enough where it is unique."""
    ids = _names("coins")
    alone = len({id.partition("/")[0] for id in ids}) == 1
    if "/" not in incomplete and (alone or incomplete):
        found = _beginning([id.partition("/")[2] for id in ids], incomplete)
        if found:
            return [_quoted(name) for name in found]
    return [_quoted(name) for name in _beginning(ids, incomplete)]


def questions(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """The names of the stored questions."""
    import offline

    return _beginning([query.name for query in offline.queries()], incomplete)


def parameters(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """What a question takes, as ``name=``, and behind it the names that it may be.

    bash parts words at ``=``, so that the name stands among the words before.
    """
    import offline

    asked = next((query for query in offline.queries() if query.name == ctx.params.get("name")), None)
    takes = {one.name: one.type for one in asked.parameters} if asked else {}
    words = [*(ctx.params.get("values") or ()), incomplete]
    key, equals, begun = incomplete.rpartition("=")
    if equals and key:
        return [f"{key}={value}" for value in _beginning(_values(takes.get(key, "")), begun)]
    if "=" in words[-2:]:
        at = len(words) - 1 - words[::-1].index("=")
        return [_quoted(name) for name in _beginning(_values(takes.get(words[at - 1], "")), begun)]
    return [f"{name}=" for name in _beginning(list(takes), incomplete)]


def _values(kind: str) -> Sequence[str]:
    return kind.split("|") if "|" in kind else _names(LOOKED_UP[kind]) if kind in LOOKED_UP else ()


def _names(kind: str) -> Sequence[str]:
    held = _glance()
    if held is None:
        return ()
    found = {
        "coins": held.coins,
        "types": held.types,
        "spaces": [space.space for space in held.spaces],
        "collections": [one.collection for one in held.collections],
        "partitions": held.partitions,
    }
    return found[kind]


def _glance() -> "Glance | None":
    import offline

    return offline.kept_glance()


def _beginning(names: Sequence[str], incomplete: str) -> list[str]:
    """Names that begin with a text, whatever its case."""
    return [name for name in names if name.casefold().startswith(incomplete.casefold())]


def _quoted(name: str) -> str:
    """As bash wants it, which takes completions as they are; zsh and fish quote them themselves."""
    in_bash = os.environ.get("_COINGRAPH_COMPLETE", "").startswith("bash")
    begun = os.environ.get("COMP_WORDS", "").split(" ")[-1][:1]
    return shlex.quote(name) if in_bash and begun not in ("'", '"') else name
