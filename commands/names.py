"""What a shell completes: names of the graph, from a file in the home, and stored questions with what they take."""

import os
import shlex
from collections.abc import Callable, Sequence

import click

Completed = Callable[[click.Context, click.Parameter, str], list[str]]
#: The types of parameters of questions whose values are such names.
LOOKED_UP = {"coin": "coins", "space": "spaces", "collections": "collections", "partition": "partitions"}


def _of(kind: str) -> Completed:
    def complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
        return [_quoted(name) for name in _names(kind, incomplete)]

    return complete


coins, types, spaces = _of("coins"), _of("types"), _of("spaces")
collections, partitions = _of("collections"), _of("partitions")


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
        return [f"{key}={value}" for value in _values(takes.get(key, ""), begun)]
    if "=" in words[-2:]:
        at = len(words) - 1 - words[::-1].index("=")
        return [_quoted(name) for name in _values(takes.get(words[at - 1], ""), begun)]
    return [f"{name}=" for name in _beginning(list(takes), incomplete)]


def _values(kind: str, incomplete: str) -> list[str]:
    if "|" in kind:
        return _beginning(kind.split("|"), incomplete)
    return _names(LOOKED_UP[kind], incomplete) if kind in LOOKED_UP else []


def _names(kind: str, incomplete: str) -> list[str]:
    import offline

    held = offline.kept_glance()
    if held is None:
        return []
    if kind == "coins":
        return _of_coins(held.coins, incomplete)
    found = {
        "types": held.types,
        "spaces": [space.space for space in held.spaces],
        "collections": [one.collection for one in held.collections],
        "partitions": held.partitions,
    }
    return _beginning(found[kind], incomplete)


def _of_coins(ids: Sequence[str], incomplete: str) -> list[str]:
    """Ids, or what follows the collection in them, which is enough where it is unique."""
    alone = len({id.partition("/")[0] for id in ids}) == 1
    names = [id.partition("/")[2] for id in ids] if "/" not in incomplete and (alone or incomplete) else []
    return _beginning(names, incomplete) or _beginning(ids, incomplete)


def _beginning(names: Sequence[str], incomplete: str) -> list[str]:
    """Names that begin with a text, whatever its case."""
    return [name for name in names if name.casefold().startswith(incomplete.casefold())]


def _quoted(name: str) -> str:
    """As bash wants it, which takes completions as they are; zsh and fish quote them themselves."""
    in_bash = os.environ.get("_COINGRAPH_COMPLETE", "").startswith("bash")
    begun = os.environ.get("COMP_WORDS", "").split(" ")[-1][:1]
    return shlex.quote(name) if in_bash and begun not in ("'", '"') else name
