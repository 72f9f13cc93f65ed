"""The commands that ask the graph."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.options import collections_option, common, formats, opened, output, print_rows, space_option

if TYPE_CHECKING:
    from coingraph import Graph, Hit, Result, Why

WHY_COLUMNS = (
    *("space", "face", "cosine", "percentile", "rank", "back_rank", "others", "expected_rank"),
    *("edge", "mutual", "probability", "without_text"),
)


@click.command()
@click.argument("name", required=False)
@click.argument("values", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--file", "own", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Your own Cypher.")
@collections_option()
@click.option("--show", "as_shown", is_flag=True, help="Print it as Neo4j Browser takes it, and what it means.")
@formats
@common
def query(
    name: str | None,
    values: tuple[str, ...],
    own: Path | None,
    collections: tuple[str, ...],
    as_shown: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Ask a stored question; without a name, list them.

    Questions only read. A space may be given by name or slug, a coin by a unique ending of its id. Cypher of your own
    finds the names of --collection in the list $collections.

    \b
    Example:
      coingraph query
      coingraph query doubles
      coingraph query doubles --collection niho
      coingraph query outliers measure=diameter deviations=4 --csv
      coingraph query related-coins coin=museum/A.9 --show
      coingraph query --file mine.cypher least=3
    """
    import coingraph

    if own is not None:
        values = (name, *values) if name else values
        question = coingraph.own_query(own)
    elif name is None:
        rows = [{"name": q.name, "question": q.question, "takes": q.takes} for q in coingraph.queries()]
        return print_rows(rows, as_json, as_csv)
    else:
        question = coingraph.stored_query(name)
    given = _key_values(values, next((p.name for p in question.parameters if p.required), None))
    if collections:
        given["collections"] = list(collections)
    declared = {p.name for p in question.parameters}
    try:  # here, because it needs no server
        question.checked({k: v for k, v in given.items() if own is None or k in declared})
    except coingraph.BadParameter as error:
        raise click.UsageError(str(error)) from error
    with opened(collections if "collections" in declared else None) as graph:
        if as_shown:
            click.echo(graph.show_query(question, given))
            return click.echo("Browser draws a question that runs alone: run the :param lines first.", err=True)
        result = (graph.cypher if own else graph.query)(question, **given)
    _print_result(result, as_json, as_csv)


def _key_values(values: Sequence[str], required: str | None) -> dict[str, Any]:
    pairs = [value.partition("=") for value in values]
    for key, equals, _value in pairs:
        if not equals or not key:
            write = f"{required}={key}" if required and key else "KEY=VALUE"
            raise click.UsageError(f"{key!r} is not a parameter; write {write}")
    return {key: value for key, _equals, value in pairs}


def _print_result(result: "Result", as_json: bool, as_csv: bool) -> None:
    from explore import tables

    if as_json or as_csv:
        return print_rows(result.rows, as_json, as_csv)
    click.echo(tables.heading(result))
    shown = tables.result_table(result)
    if shown and not any(shown):
        return click.echo(f"{len(shown)} rows of nodes and relationships; --json prints them")
    if shown:
        print_rows(shown)
    click.echo(tables.footing(result))


@click.command()
@click.argument("coin", required=False)
@click.option("--text", metavar="WORDS", help="Find what words describe, instead of what is like a coin.")
@click.option("--why", metavar="COIN", help="Explain how alike the two coins are.")
@space_option("The space to look in [default: the default space; for --why all].")
@collections_option()
@click.option("--top", default=10, show_default=True, type=click.IntRange(1), help="How many to list.")
@click.option("--side", type=click.Choice(["both", "obverse", "reverse"]), default="both", show_default=True)
@formats
@common
def find(
    coin: str | None,
    text: str | None,
    why: str | None,
    space: str | None,
    collections: tuple[str, ...],
    top: int,
    side: str,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Find what is most like a coin of the graph, or like a photograph that is not in it.

    COIN is an id, a name, a unique ending of an id, or an image file. Words are compared with the pictures in a CLIP
    space, and with the descriptions in a space of words (see `embed`) or one made from it. In a fused space a file
    counts as a side without a text, and words as one without a picture.

    \b
    Example:
      coingraph find museum/A.9
      coingraph find A.9 --why A.12
      coingraph find new-find.jpg --side obverse
      coingraph find --text "a horse above a wheel" --space minilm
    """
    if (coin is None) == (text is None) or (text is not None and why is not None):
        raise click.UsageError("give a coin, or words with --text")
    if why is not None and collections:
        raise click.UsageError("--why compares two coins, of whatever collection: leave --collection out")
    if not all(given.strip() for given in (coin, text, why) if given is not None):
        raise click.UsageError("a coin's name and words cannot be empty")
    with opened(collections if why is None else None) as graph:
        if coin is not None and why is not None:
            return _explain(graph, coin, why, space, as_json, as_csv)
        what = _coin_or_photograph(graph, coin, space) if coin is not None else {"words": text}
        hits = graph.find(**what, space=space, side=side, top=top, collections=collections)
        _print_hits(hits, as_json, as_csv)


def _coin_or_photograph(graph: "Graph", text: str, space: str | None) -> dict[str, Any]:
    """What a person named, as `Graph.find` takes it; notes go to stderr."""
    from coingraph import FUSION

    what = graph.coin_or_file(text)
    if isinstance(what, str):
        return {"coin": what}
    known = graph.known_photograph(what)
    for row in known:
        click.echo(f"{text} is the {row['face']} of {row['coin']}, which is in the graph", err=True)
    if not known:
        click.echo("sides nearest to this photograph, by the vector index; chance gives percentile 50", err=True)
        if (seeing := graph.space(space)).model == FUSION:
            click.echo(
                f"{seeing.name} is of pictures and texts: the photograph counts as a side without a text", err=True
            )
    return {"photograph": what}


def _print_hits(hits: "Sequence[Hit]", as_json: bool, as_csv: bool) -> None:
    from explore.tables import hit_row, hit_table

    if as_json or as_csv:
        return print_rows([hit_row(hit) for hit in hits], as_json, as_csv)
    print_rows(hit_table(hits))
    if hits:
        click.echo(f"{len(hits)} of {hits[0].among:,} coins, the likest first")


def _explain(graph: "Graph", coin: str, other: str, space: str | None, as_json: bool, as_csv: bool) -> None:
    """Print how alike two coins are; the sentences below the table go to stderr where something else reads it."""
    compared = graph.why(coin, other, space)
    print_rows([_why_row(one) for one in compared], as_json, as_csv)
    sentences = [_agreement(compared)] + [
        f"{one.space}: of one type with probability {one.probability:.2f}, by {one.evidence}"
        for one in graph.of_one_type(coin, other, space)
    ]
    click.echo("\n".join(sentences), err=as_json or as_csv)


def _why_row(one: "Why") -> dict[str, Any]:
    row = vars(one) | {"expected_rank": one.expected_rank}
    return {name: row[name] for name in WHY_COLUMNS}


def _agreement(compared: "Sequence[Why]", close: float = 95.0) -> str:
    """A sentence on how many spaces hold two coins for alike: every compared face, or one."""
    spaces: dict[str, list[bool]] = {}
    for one in compared:
        spaces.setdefault(one.space, []).append(one.percentile >= close)
    agree = sum(all(faces) for faces in spaces.values())
    partly = [name for name, faces in spaces.items() if any(faces) and not all(faces)]
    said = f"{agree} of {len(spaces)} spaces put every compared face among the closest {100 - close:g} % of pairs"
    said += f"; one face only in {', '.join(partly)}" if partly else ""
    others = max(one.others for one in compared)
    return f"{said} (chance: {1 - close / 100:.2g} a face); ranks are among {others} sides"


@click.command()
@click.option(
    "--zero-shot",
    "names",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="LABELS.txt",
    help="Say which of these names, one a line, each coin's pictures are most like.",
)
@space_option("A CLIP space; may be left out where there is only one.")
@click.option("--template", default="a coin showing {label}", show_default=True, help="The sentence for a name.")
@output
@common
def types(names: Path | None, space: str | None, template: str) -> list[dict[str, Any]]:
    """List the types of the graph, or name coins without having learnt from any (CLIP's zero-shot use).

    The probabilities are those among the given names only. Nothing is written.

    \b
    Example:
      coingraph types
      coingraph types --zero-shot labels.txt --space clip-vit-b32 --template "an ancient coin with {label}"
    """
    import coingraph

    labels = coingraph.read_labels(names) if names else []
    with opened() as graph:
        if not names:
            return graph.types()
        found = graph.zero_shot(labels, space, template)
    judged, right = coingraph.right_names(found, labels)
    if judged:
        click.echo(f"the type of {judged:,} coins is among the names; for {right:,} of them it was found", err=True)
    return [vars(coin) for coin in found]


COMMANDS = (query, find, types)
