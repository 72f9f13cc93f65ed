"""Edges between similar sides and coins."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from pipeline.lock import exclusive

if TYPE_CHECKING:
    from graph.connection import Database
    from graph.link import LinkReport


def link(
    db: "Database",
    *,
    space: str | None = None,
    top: int | None = 20,
    threshold: float | None = None,
    percentile: float | None = None,
    method: str = "auto",
) -> "LinkReport":
    """Draw `SIMILAR` edges from each side to its ``top`` nearest (None: to all) above a cosine or a percentile, then
    `RELATED` edges between coins. ``space`` is a name or slug; it may be left out where there is only one.

    Raises `BadLinkOptions`, `TooManyEdges` with the threshold that would give 20 edges a coin.
    """
    from graph.link import link_space
    from graph.runs import recorded
    from graph.similar import LinkOptions
    from graph.spaces import find_space

    options = LinkOptions(top, threshold, percentile, method)
    slug = find_space(db, space).slug
    with exclusive(), recorded(db, "link", {"space": slug, **asdict(options)}) as run:
        return link_space(db, slug, options, run)
