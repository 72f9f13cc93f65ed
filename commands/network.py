"""The commands of edges, communities and dies: what a network is made of."""

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands import names, printing
from commands.helps import command, group
from commands.options import (
    COINS_OR_SIDES,
    agree,
    clear_option,
    closer_look,
    collections_option,
    common,
    face_option,
    formats,
    json_option,
    listing_group,
    opened,
    output,
    space_option,
    top_option,
    type_option,
    yes_option,
)
from commands.printing import print_json, print_rows, say
from errors import counted

if TYPE_CHECKING:
    from coingraph import AnalysisResult, DieStudy, Levels, Linked, MatchReport
    from explore.tables import Answer


def _threshold(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | str | None:
    if value is None or value == "auto":
        return value
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter("a cosine from -1 to 1, or `auto`") from None


@command()
@space_option()
@collections_option("Edges between coins of this collection only; may be given several times.  [default: all]")
@top_option
@click.option(
    "--threshold",
    metavar="T|auto",
    callback=_threshold,
    help="Only pairs of a cosine above T (-1 to 1); auto: above what `coingraph sweep` recommends.",
)
@click.option("--percentile", type=float, metavar="P", help="Only pairs closer than P % of all pairs, such as 99.5.")
@click.option(
    "--method",
    type=click.Choice(["auto", "gds", "blocked", "knn"]),
    default="auto",
    show_default=True,
    help="gds: pair by pair inside Neo4j; blocked: here, the same edges; knn: approximate, inside Neo4j.",
)
@output(top=False)
@common
def link(**options: Any) -> list[dict[str, Any]]:
    """Draw edges between similar sides, and between the coins that they belong to.

    Sides that came since the last link are added to its edges; other options, another --collection among them, draw
    them anew. Percentiles are those of all pairs of the space.

    \b
    Example:
      coingraph link
      coingraph link --top all --percentile 99.9
      coingraph link --threshold auto
    """
    from coingraph import LinkOptions

    given = {name: options[name] for name in ("top", "threshold", "percentile", "method")}
    if given["threshold"] == "auto":
        if given["percentile"] is not None:
            raise click.UsageError("--threshold auto chooses the percentile: leave --percentile out")
        given["threshold"] = None
    LinkOptions(**given)  # wrong ones need no server
    with opened(options["collections"]) as graph:
        report = graph.link(**options)
    if report.chosen:
        click.echo(f"threshold: {report.chosen}", err=True)
    if report.nothing_new:
        click.echo("nothing new: all edges were there already", err=True)
    return [_edges_row(part) for part in report.parts]


def _edges_row(part: "Linked") -> dict[str, Any]:
    return {
        "edges": part.edges,
        "between": part.nodes,
        "new": part.new,
        "method": part.method,
        "pairs compared": part.compared,
        "recall": part.recall,
        "total": part.total,
        "written": part.changes.written,
        "updated": part.changes.updated,
        "removed": part.changes.removed,
    }


@command()
@space_option()
@collections_option()
@face_option(COINS_OR_SIDES)
@click.option(
    "--algorithm",
    type=click.Choice(["leiden", "louvain", "label-propagation", "wcc", "hdbscan"]),
    default="leiden",
    show_default=True,
    help="wcc: whatever edges join; hdbscan: by one face's vectors.",
)
@click.option(
    "--percentile",
    type=float,
    help="Use edges from this percentile of all pairs, such as 99.5 (default: 5 edges a coin).",
)
@click.option("--resolution", type=float, help="leiden: above 1 for smaller communities. [default: 1]")
@click.option("--seed", type=int, help="leiden: where chance begins. [default: 1]")
@click.option("--levels", is_flag=True, help="leiden: coarse communities, and fine ones in them.")
@json_option()
@common
def analyze(levels: bool, as_json: bool, **options: Any) -> None:
    """Find communities and central coins by the similarity edges.

    The communities become a partition; the same question asked again replaces its answer, another stands beside it.
    With --collection the coins of these are grouped by the edges between them, as a partition of their own.
    With --levels two partitions are made, and their resolutions chosen without labels: coarse is what halves of the
    edges agree on, fine what most of the edges do. Each fine community lies in a coarse one. Questions go by the
    coarse ones where no partition is named.

    \b
    Example:
      coingraph analyze
      coingraph analyze --levels
      coingraph analyze --face reverse --algorithm louvain --percentile 99.5
      coingraph analyze --collection niho
    """
    from coingraph import AnalysisOptions

    AnalysisOptions(**{name: value for name, value in options.items() if name != "space"}).completed()
    if levels:
        if options.pop("algorithm") != "leiden" or options.pop("resolution") is not None:
            raise click.UsageError("--levels is of leiden and chooses the resolutions: leave the other option out")
        with opened(options["collections"]) as graph:
            both = graph.analyze_levels(**options)
        return print_json(asdict(both)) if as_json else click.echo(_levels_text(both))
    with opened(options["collections"]) as graph:
        result = graph.analyze(**options)
    print_json(asdict(result)) if as_json else say(analysis_text(result))


def _levels_text(found: "Levels") -> str:
    coarse, fine = found.coarse_level, found.fine_level
    text = (
        f"Coarse, resolution {coarse.resolution:g}: halves of the edges agree to {coarse.agreement:.2f}.\n"
        f"{analysis_text(found.coarse)}\n"
    )
    if found.finer is None:
        return f"{text}No finer ones: more would be chance."
    return (
        f"{text}Fine, resolution {fine.resolution:g}: draws of most edges agree to {fine.agreement:.2f}.\n"
        f"{analysis_text(found.finer)}"
    )


def analysis_text(found: "AnalysisResult") -> str:
    from coingraph import Scope

    what = "coins" if found.face == "both" else f"{found.face}s"
    sizes = f" of {found.sizes[-1]:,} to {found.sizes[0]:,} {what}" if found.sizes else ""
    undivided = found.algorithm == "hdbscan" and found.sizes == [found.coins]
    hint = "\nhdbscan finds no gap between the vectors to part them by; leiden may" if undivided else ""
    of = f" of {words}" if (words := Scope(found.collections).words) else ""
    inexact = "".join(f"\n{name}: {way}" for name, way in found.centralities.items() if way != "exact")
    return (
        f"{counted(found.communities, 'community', 'communities')}{sizes}; {found.alone:,} stand alone.\n"
        f"By {found.algorithm} (modularity {found.modularity:.2f}) of {found.coins:,} {what}{of}: {found.edges:,} "
        f"{found.chosen}.{hint}{inexact}\n"
        f"Partition: {found.partition}"
    )


@command()
@closer_look
@output(top=False)
@common
def match(**options: Any) -> "Answer":
    """Look closely at each side's nearest candidates: which of them show the same?

    Points of two photographs that one shift, turn and scale explains are counted: `inliers`, and over how much of the
    coin they spread, stand on the edges between similar sides, with a score of cosine, geometry and, where legends were
    read, letters together. Pairs are `verified` that have so many points that at most one in ten is expected to have
    them by chance: pairs of this collection that cannot show the same tell, a face at a time. Known pairs are not
    looked at again. Ask `coingraph query matched-coins coin=...` for a coin's candidates in the new order.

    \b
    Example:
      coingraph match
      coingraph match --top 100 --face reverse
    """
    from explore.tables import Answer

    with opened() as graph:
        report = graph.match(**options)
    columns = {
        "face": "face",
        "new pairs": "new",
        "known before": "known",
        "place by place": "places",
        "letters aligned": "letters",
        "pairs in all": "total",
        "verified": "verified",
        "points at least": "least",
        "decoys": "decoys",
    }
    few = {True: "too few coins to tell", False: "no pair is sure enough"}
    notes = [
        f"{face.face}s: {few[face.too_few]} which show the same (decoys: {face.decoys:,})"
        for face in report.faces
        if face.least is None
    ]
    new, sure = sum(face.new for face in report.faces), sum(face.verified for face in report.faces)
    looked = f"Looked at {counted(new, 'new pair')} of sides" if new else "Nothing new: all pairs were looked at before"
    return Answer(
        [{title: getattr(face, name) for title, name in columns.items()} for face in report.faces],
        said=f"{looked}; {sure:,} in all are verified.",
        first=("face", "new pairs", "known before", "pairs in all", "verified", "points at least", "decoys"),
        notes=notes,
        onward=("query matched-coins coin=COIN", "dies"),
        whole=_match_json(report),
    )


def _match_json(report: "MatchReport") -> dict[str, Any]:
    faces = {
        face.face: {
            "new_pairs": face.new,
            "known_pairs": face.known,
            "new_places": face.places,
            "new_letters": face.letters,
            "pairs": face.total,
            "verified": face.verified,
            "least_inliers": face.least,
            "decoys": face.decoys,
        }
        for face in report.faces
    }
    return {"space": report.space, "faces": faces, "edges": report.edges, "skipped": [str(s) for s in report.skipped]}


@command()
@closer_look
@type_option("The dies of this type: combinations, weights, estimates.", "kind")
@collections_option()
@clear_option("Remove the dies and their links.")
@click.option("--check", is_flag=True, help="Say how far the links hold that were found before.")
@formats
@common
def dies(kind: str | None, clear: bool, check: bool, as_json: bool, as_csv: bool, **options: Any) -> None:
    """Find which sides were struck from one die, how the dies are linked, and how many there were.

    Each side is laid on its nearest by all of its relief. Where one die made both, place after place agrees within a
    pixel. How likely a pair is of one die is told by decoys: pairs that differ in legend or type. Sides of different
    legends are never linked, others from nine in ten on where their other pairs agree; what is less sure, or
    contradicted, is left to `query die-review`.
    Dies are numbered within their type: O1 and R1 are those of most coins. For each type: the dies seen, those
    seen on one coin only, and the number in all by Carter (1983); JSON and CSV also give the share of the issue that
    comes from dies seen (coverage) and the number by Esty (2011), with 95 % intervals. With --collection the dies that
    are kept are those of these coins; the same command without it finds all again. With --check nothing is compared:
    decoys of coins that the fit did not see are held to its limits, and the links of each face to those of the other.

    \b
    Example:
      coingraph dies
      coingraph dies --type "Wheel and branch"
      coingraph dies --face obverse --json
      coingraph plot dies --type "Wheel and branch"
      coingraph dies --collection niho
      coingraph dies --check
      coingraph dies --clear
    """
    from explore import die_table

    rows_alone = as_csv or not printing.is_terminal()
    if check:
        with opened(options["collections"]) as graph:
            found = graph.check_dies(collections=options["collections"])
        if as_json:
            return print_json(asdict(found))
        if not rows_alone:
            click.echo("\n".join(die_table.check_lines(found)))
        return print_rows(die_table.check_rows(found), as_csv=as_csv)
    with opened(None if clear else options["collections"]) as graph:
        if clear:
            return click.echo(f"removed {graph.remove_dies(space=options['space']):,} dies", err=True)
        study = graph.dies(kind=kind, **options)
    width = shutil.get_terminal_size().columns
    if as_json:
        print_json(_dies_json(study) | ({"combinations": die_table.combinations(study, kind)} if kind else {}))
    elif rows_alone:
        print_rows(die_table.combinations(study, kind) if kind else die_table.count_rows(study), as_csv=as_csv)
    else:
        click.echo(die_table.type_text(study, kind, width) if kind else die_table.types_text(study, width))
        click.echo(_next_steps(study, kind), err=True)


def _next_steps(study: "DieStudy", kind: str | None) -> str:
    first = kind or next((one.type for one in study.types if one.type), None)
    steps = [f'{"plot dies" if kind else "dies"} --type "{first}"'] if first else []
    unsure = study.undecided or any(one.unsure for one in study.claims.values())
    steps += ["query die-review"] if unsure else ["query die-links"]
    return "Go on: coingraph " + " · ".join(steps)


def _dies_json(study: "DieStudy") -> dict[str, Any]:
    faces = {
        face.face: {
            "new_pairs": face.new,
            "known_pairs": face.known,
            "same_die": face.same_die,
            "dies": [
                {"id": die.id, "name": die.name, "type": die.type, "chain": die.chain, "coins": list(die.coins)}
                for die in face.dies
            ],
        }
        for face in study.faces
    }
    return {
        "space": study.space,
        "faces": faces,
        "claims": {face: asdict(one) for face, one in study.claims.items()},
        "links": [asdict(one) for one in study.links],
        "hanging": [asdict(one) for one in study.hanging],
        "types": [{"type": kind.type, "face": kind.face, **asdict(kind.count)} for kind in study.types],
        "skipped": [str(item) for item in study.skipped],
    }


@listing_group
@common
def partitions() -> None:
    """The communities that were found, one partition for each way to look for them; alone, list them."""


@partitions.command("list")
@output
@common
def partitions_list() -> "Answer":
    """List partitions.

    \b
    Example:
      coingraph partitions list
    """
    from explore.tables import Answer

    first = ("id", "communities", "coins", "alone", "made")
    with opened() as graph:
        return Answer(graph.partitions(), none="No communities were looked for yet.", first=first)


@partitions.command("remove")
@click.argument("partition", shell_complete=names.partitions)
@yes_option
@common
def partitions_remove(partition: str, yes: bool) -> None:
    """Remove a partition and its communities.

    \b
    Example:
      coingraph partitions remove coin_lite2/both/leiden/auto-g1-seed1
    """
    with opened() as graph:
        graph.find_partition(partition)
        agree(f"This would remove {partition} with its communities from the graph.", yes)
        graph.remove_partition(partition)
    click.echo(f"removed {partition}")


@group()
@common
def export() -> None:
    """What the graph holds, as files for other programs."""


@export.command("graph")
@click.argument("out", type=click.Path(path_type=Path), metavar="FILE.graphml|FOLDER")
@space_option()
@face_option("Edges by what both sides say, or by the sides of one face.")
@click.option("--csv", "as_csv", is_flag=True, help="Write nodes.csv and edges.csv into FOLDER.")
@common
def export_graph(out: Path, space: str | None, face: str, as_csv: bool) -> None:
    """Write the network of coins for Gephi, Cytoscape, networkx (GraphML), or for Gephi and pandas (CSV).

    Coins come with their metadata, type, community of the latest `analyze` and centralities; edges with the weight that
    communities use, and their cosines.

    \b
    Example:
      coingraph export graph coins.graphml --space efficientnet-lite0
      coingraph export graph tables/ --csv --face reverse
    """
    if as_csv and (out.suffix or out.is_file()):
        raise click.UsageError("--csv writes two tables: name a folder")
    if not as_csv and (out.suffix.lower() != ".graphml" or out.is_dir()):
        raise click.UsageError("name a file that ends in .graphml, or a folder with --csv")
    with opened() as graph:
        written = graph.export_network(space, out, face, as_csv)
    whose = f"communities of {written.partition}" if written.partition else "no communities (see `coingraph analyze`)"
    click.echo(f"{written.nodes:,} coins, {written.edges:,} edges, {whose}: {', '.join(map(str, written.files))}")


COMMANDS = (link, analyze, match, dies, partitions, export)
