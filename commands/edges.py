"""The commands of similarity edges and communities."""

import json
from pathlib import Path
from typing import Any

import click

from commands.options import agree, common, output


def _top(_ctx: click.Context, _param: click.Parameter, value: str) -> int | None:
    if value == "all":
        return None
    if not value.isdecimal() or int(value) < 1:
        raise click.BadParameter("a number from 1, or `all`")
    return int(value)


top_option = click.option(
    "--top",
    default="20",
    show_default=True,
    metavar="K|all",
    callback=_top,
    help="Link each side to its K nearest, or to all above the threshold.",
)


def _threshold(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | str | None:
    if value is None or value == "auto":
        return value
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter("a cosine from -1 to 1, or `auto`") from None


@click.command()
@click.option("--space", help="Name of the space; else the default space.")
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
@output
@common
def link(**options: Any) -> list[dict[str, Any]]:
    """Draw edges between similar sides, and between the coins that they belong to.

    Sides that came since the last link are added to its edges; other options draw them anew.

    \b
    Example:
      coingraph link
      coingraph link --top all --percentile 99.9
      coingraph link --threshold auto
    """
    import pipeline
    from graph import connect
    from pipeline import BadLinkOptions, LinkOptions

    given = {name: options[name] for name in ("top", "threshold", "percentile", "method")}
    if given["threshold"] == "auto":
        if given["percentile"] is not None:
            raise click.UsageError("--threshold auto chooses the percentile: leave --percentile out")
        given["threshold"] = None
    try:
        LinkOptions(**given)
    except BadLinkOptions as error:
        raise click.UsageError(str(error)) from error
    with connect() as db:
        report = pipeline.link(db, **options)
    if report.chosen:
        click.echo(f"threshold: {report.chosen}", err=True)
    if report.nothing_new:
        click.echo("nothing new: all edges were there already", err=True)
    return report.rows()


@click.command()
@click.option("--space", help="Name of the space; else the default space.")
@click.option(
    "--face",
    type=click.Choice(["both", "obverse", "reverse"]),
    default="both",
    show_default=True,
    help="Coins by what both sides say, or the sides of one face.",
)
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
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@common
def analyze(as_json: bool, **options: Any) -> None:
    """Find communities and central coins by the similarity edges.

    The communities become a partition; the same question asked again replaces its answer, another stands beside it.

    \b
    Example:
      coingraph analyze
      coingraph analyze --face reverse --algorithm louvain --percentile 99.5
    """
    import pipeline
    from graph import connect
    from graph.detection import BadOption, Options

    try:
        Options(**{name: value for name, value in options.items() if name != "space"}).completed()
    except BadOption as error:
        raise click.UsageError(str(error)) from error
    with connect() as db:
        result = pipeline.analyze(db, **options)
    click.echo(json.dumps(result.as_dict(), ensure_ascii=False, indent=2) if as_json else result.as_text())


@click.group()
@common
def partitions() -> None:
    """The communities that were found, one partition for each way to look for them."""


@partitions.command("list")
@output
@common
def partitions_list() -> list[dict[str, Any]]:
    """List partitions.

    \b
    Example:
      coingraph partitions list
    """
    from graph import connect
    from graph.communities import list_partitions

    with connect() as db:
        return list_partitions(db)


@partitions.command("remove")
@click.argument("partition")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def partitions_remove(partition: str, yes: bool) -> None:
    """Remove a partition and its communities.

    \b
    Example:
      coingraph partitions remove coin_lite2/both/leiden/auto-g1-seed1
    """
    import pipeline
    from graph import connect
    from graph.communities import find_partition

    with connect() as db:
        find_partition(db, partition)
        agree(f"This would remove {partition} with its communities from the graph.", yes)
        pipeline.remove_partition(db, partition)
    click.echo(f"removed {partition}")


@click.group()
@common
def export() -> None:
    """What the graph holds, as files for other programs."""


@export.command("graph")
@click.argument("out", type=click.Path(path_type=Path), metavar="FILE.graphml|FOLDER")
@click.option("--space", help="Name of the space; else the default space.")
@click.option(
    "--face",
    type=click.Choice(["both", "obverse", "reverse"]),
    default="both",
    show_default=True,
    help="Edges by what both sides say, or by the sides of one face.",
)
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
    from graph import connect
    from pipeline import export_graph as write_graph

    if as_csv and (out.suffix or out.is_file()):
        raise click.UsageError("--csv writes two tables: name a folder")
    if not as_csv and (out.suffix.lower() != ".graphml" or out.is_dir()):
        raise click.UsageError("name a file that ends in .graphml, or a folder with --csv")
    with connect() as db:
        written = write_graph(db, space, out, face, as_csv)
    whose = f"communities of {written.partition}" if written.partition else "no communities (see `coingraph analyze`)"
    click.echo(f"{written.nodes:,} coins, {written.edges:,} edges, {whose}: {', '.join(map(str, written.files))}")
