"""The commands that ask the graph."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands import names
from commands.helps import command
from commands.options import (
    collections_option,
    common,
    json_option,
    opened,
    output,
    picture_option,
    space_option,
    type_option,
)
from commands.printing import print_json, print_lines, say
from explore.formats import SHEET

if TYPE_CHECKING:
    from coingraph import Graph
    from explore.tables import Answer

sheet_option = picture_option("--sheet", help="Write a contact sheet of the coins: .png or .html.", formats=SHEET)


@command()
@click.argument("name", required=False, shell_complete=names.questions)
@click.argument("values", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=names.parameters)
@click.option("--file", "own", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Your own Cypher.")
@collections_option()
@click.option("--show", "as_shown", is_flag=True, help="Print it as Neo4j Browser takes it, and what it means.")
@click.option("-n", "--top", type=click.IntRange(1), help="How many rows; the same as limit=N.")
@click.option("--all", "whole", is_flag=True, help="Also rows that are no more than chance would give.")
@sheet_option
@output(top=False)
@common
def query(
    name: str | None,
    values: tuple[str, ...],
    own: Path | None,
    collections: tuple[str, ...],
    as_shown: bool,
    top: int | None,
    whole: bool,
    sheet: Path | None,
) -> "Answer | None":
    """Ask a stored question; without a name, list them.

    Questions only read. A space may be given by name or slug, a coin by a unique ending of its id. Cypher of your own
    finds the names of --collection in the list $collections.

    \b
    Example:
      coingraph query
      coingraph query doubles
      coingraph query doubles --all --collection niho
      coingraph query outliers measure=diameter deviations=4 --csv
      coingraph query related-coins coin=museum/A.9 --show
      coingraph query --file mine.cypher least=3
    """
    import offline
    from explore.tables import Answer

    if own is not None:
        values = (name, *values) if name else values
        question = offline.own_query(own)
    elif name is None:
        asked = offline.queries()[:top]
        rows = [{"name": one.name, "question": one.question, "takes": one.takes} for one in asked]
        shown = [{"name": one.name, "what it finds": one.title} | row for one, row in zip(asked, rows, strict=True)]
        first, every = ("name", "what it finds"), range(len(rows))
        return Answer(rows, first=first, hidden=("question", "takes"), shown=shown, brief=every)
    else:
        question = offline.stored_query(name)
    given = _key_values(values, next((p.name for p in question.parameters if p.required), None))
    if collections:
        given["collections"] = list(collections)
    declared = {p.name for p in question.parameters}
    if top and "limit" in declared:
        given.setdefault("limit", str(top))
    question.checked({k: v for k, v in given.items() if own is None or k in declared})
    for one in question.parameters:
        if one.type == "space" and one.name in given:
            offline.check_names(space=given[one.name])
    with opened(collections if "collections" in declared else None) as graph:
        if as_shown:
            click.echo(graph.show_query(question, given))
            click.echo("Browser draws a question that runs alone: run the :param lines first.", err=True)
            return None
        from explore.answers import of_query

        answer = of_query((graph.cypher if own else graph.query)(question, **given), _verbose(), whole)
        return draw_sheet(graph, answer, sheet, question.question)


def _verbose() -> bool:
    return bool(os.environ.get("COINGRAPH_VERBOSE"))


def _key_values(values: Sequence[str], required: str | None) -> dict[str, Any]:
    pairs = [value.partition("=") for value in values]
    for key, equals, _value in pairs:
        if not equals or not key:
            write = f"{required}={key}" if required and key else "KEY=VALUE"
            raise click.UsageError(f"{key!r} is not a parameter; write {write}")
    return {key: value for key, _equals, value in pairs}


@command()
@click.argument("coin", required=False, shell_complete=names.coins)
@click.option("--text", metavar="WORDS", help="Find what words describe, instead of what is like a coin.")
@click.option("--legend", metavar="LETTERS", help="Find coins on which these letters were read, in any spacing.")
@click.option("--why", metavar="COIN", shell_complete=names.coins, help="Explain how alike the two coins are.")
@space_option("The space to look in [default: the default space; for --why all].")
@collections_option()
@click.option("-n", "--top", default=10, show_default=True, type=click.IntRange(1), help="How many coins.")
@click.option("--side", type=click.Choice(["both", "obverse", "reverse"]), default="both", show_default=True)
@sheet_option
@output(top=False)
@common
def find(
    coin: str | None,
    text: str | None,
    legend: str | None,
    why: str | None,
    space: str | None,
    collections: tuple[str, ...],
    top: int,
    side: str,
    sheet: Path | None,
) -> "Answer":
    """Find what is most like a coin of the graph, or like a photograph that is not in it.

    COIN is an id, a name, a unique ending of an id, or an image file. Words are compared with the pictures in a CLIP
    space, and with the descriptions in a space of words (see `embed`) or one made from it. In a fused space a file
    counts as a side without a text, and words as one without a picture. A legend is compared with the letters that
    were read (`run`, or `embed --space legend`): capitals or not, V for U and I for J, parts of it and abbreviations,
    Greek letters count as the Latin ones that they are read as.

    \b
    Example:
      coingraph find museum/A.9
      coingraph find A.9 --why A.12
      coingraph find new-find.jpg --side obverse
      coingraph find --text "a horse above a wheel" --space minilm
      coingraph find --legend "IMP CONSTANTINVS P F AVG"
    """
    if sum(one is not None for one in (coin, text, legend)) != 1 or (coin is None and why is not None):
        raise click.UsageError("give a coin, words with --text, or a legend with --legend")
    if legend is not None and space is not None:
        raise click.UsageError("letters are looked for in no space: leave --space out")
    if why is not None and collections:
        raise click.UsageError("--why compares two coins, of whatever collection: leave --collection out")
    if not all(given.strip() for given in (coin, text, legend, why) if given is not None):
        raise click.UsageError("a coin's name and words cannot be empty")
    if why is not None and sheet:
        raise click.UsageError("--why compares two coins: leave --sheet out")
    with opened(collections if why is None else None) as graph:
        if coin is not None and why is not None:
            return _why(graph, coin, why, space)
        found = {"space": space, "side": side, "top": top, "collections": collections}
        answer = _like(graph, coin, text, legend, found)
        title = f"Coins most like {coin}; % of pairs that are less alike"
        if not coin:
            title = f"What words describe: {text}" if text else f"Read: {legend}"
        return draw_sheet(graph, answer, sheet, title, coin)


def _like(graph: "Graph", coin: str | None, text: str | None, legend: str | None, found: dict[str, Any]) -> "Answer":
    """The coins most like what a person named; ``found`` is how they are looked for."""
    from explore import answers

    doubtful = graph.doubtful_coins()
    if text is not None:
        return answers.like_words(text, graph.find(words=text, **found), doubtful)
    if legend is not None:
        return answers.of_legend(legend, graph.find(legend=legend, **found), doubtful)
    what = graph.coin_or_file(str(coin))
    if isinstance(what, Path):
        known = graph.known_photograph(what)
        if not known:
            _note_fusion(graph, found["space"])
            return answers.like_photograph(what.name, found["side"], graph.find(photograph=what, **found), doubtful)
        for row in known:
            say(f"{coin} is the {row['face']} of {row['coin']}, which is in the graph", err=True)
        what = known[0]["coin"]
    (own,) = graph.list_coins(coins=[what])
    return answers.like_coin(what, own.type, graph.find(what, **found), doubtful, graph.space(found["space"]).name)


def _note_fusion(graph: "Graph", space: str | None) -> None:
    from coingraph import FUSION, LEGEND

    seeing = graph.space(space)
    if seeing.model == FUSION and graph.space(seeing.sources[-1]).model != LEGEND:
        click.echo(f"{seeing.name} is of pictures and texts: the photograph counts as a side without a text", err=True)


def _why(graph: "Graph", coin: str, other: str, space: str | None) -> "Answer":
    from explore import answers
    from explore.tables import shown

    a, b = graph.coin_id(coin), graph.coin_id(other)
    known = [
        f"{one.space}: of one type with probability {shown(one.probability, 'probability')}, by {one.evidence}."
        for one in graph.of_one_type(a, b, space)
    ]
    return answers.why(a, b, graph.why(a, b, space), known)


def draw_sheet(graph: "Graph", answer: "Answer", sheet: Path | None, title: str, beside: str | None = None) -> "Answer":
    """Write the contact sheet of an answer, where one is wanted; a coin that others stand ``beside`` comes first.

    Returns the answer with a note of that.
    """
    from explore import sheets

    if not sheet:
        return answer
    own = graph.coin_or_file(beside) if beside else None
    drawn = replace(answer, rows=[{"coin": own}, *answer.rows]) if isinstance(own, str) else answer
    if coins := sheets.coins_of(drawn):
        sheets.draw_answer(drawn, graph.list_coins(coins=coins), title, sheet)
    note = f"wrote {sheet}" if coins else f"no coin to show: {sheet} was not written"
    return replace(answer, notes=(*answer.notes, note))


@command()
@collections_option("Coins of this collection; may be given several times.")
@type_option("Coins of this type.", "type_")
@click.option("--untyped", is_flag=True, help="Coins without a type.")
@click.option("--one-sided", is_flag=True, help="Coins with a photograph of one side only.")
@click.option("--doubtful", is_flag=True, help="Coins most like coins of another type.")
@sheet_option
@output
@common
def coins(
    collections: tuple[str, ...],
    type_: str | None,
    untyped: bool,
    one_sided: bool,
    doubtful: bool,
    sheet: Path | None,
) -> "Answer":
    """List coins, those that need a look first: ? marks a doubtful type, ~ a proposed one, ✓ what a person decided.

    \b
    Example:
      coingraph coins --doubtful
      coingraph coins --untyped --sheet untyped.png
      coingraph coins --collection museum --type "Lyre and star" --csv
    """
    from explore.answers import of_coins

    wanted = [f"the type {type_}"] if type_ else []
    wanted += [
        words
        for words, asked in (("no type", untyped), ("one side only", one_sided), ("a doubtful type", doubtful))
        if asked
    ]
    with opened() as graph:
        found = graph.list_coins(collections, type=type_, untyped=untyped, one_sided=one_sided, doubtful=doubtful)
        held = {row["collection"]: row["coins"] for row in graph.collections()}
        names = collections or (tuple(held) if len(held) == 1 else ())
        among = sum(held[name] for name in set(names) or held)
        answer = of_coins(found, among, names, " and ".join(wanted))
        return draw_sheet(graph, answer, sheet, answer.said)


@command()
@click.argument("coin", shell_complete=names.coins)
@json_option()
@common
def coin(coin: str, as_json: bool) -> None:
    """Show all that is known of a coin: facts, who says its type, community, dies, relatives, photographs.

    COIN is an id, a name, or a unique ending of an id.

    \b
    Example:
      coingraph coin SH-0039
      coingraph coin SH-0039 --json
    """
    from explore import record

    with opened() as graph:
        found = graph.coin(coin)
    if as_json:
        print_json(record.as_dict(found))
    else:
        print_lines(record.as_text(found, shutil.get_terminal_size().columns))


@command()
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
def types(names: Path | None, space: str | None, template: str) -> "Answer":
    """List the types of the graph, or name coins without having learnt from any (CLIP's zero-shot use).

    The probabilities are those among the given names only. Nothing is written.

    \b
    Example:
      coingraph types
      coingraph types --zero-shot labels.txt --space clip-vit-b32 --template "an ancient coin with {label}"
    """
    import coingraph
    from explore.tables import Answer

    labels = coingraph.read_labels(names) if names else []
    with opened() as graph:
        if not names:
            rows = graph.types()
            typed, likely = (sum(row[name] for row in rows) for name in ("coins", "predicted"))
            said = f"{typed:,} coins of {sum(row['coins'] > 0 for row in rows):,} types"
            said += f"; {likely:,} without a type {'has' if likely == 1 else 'have'} a likely one." if likely else "."
            return Answer(rows, said=said, none="No coin has a type.", order="the commonest first")
        found = graph.zero_shot(labels, space, template)
    judged, right = coingraph.right_names(found, labels)
    if judged:
        click.echo(f"the type of {judged:,} coins is among the names; for {right:,} of them it was found", err=True)
    return Answer([vars(coin) for coin in found], first=("coin", "label", "probability", "second", "type"))


COMMANDS = (coins, coin, find, query, types)
