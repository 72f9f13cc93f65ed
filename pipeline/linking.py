"""Edges between similar sides and coins."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Literal

from graph.lock import exclusive
from pipeline.sweeping import sweep_space

if TYPE_CHECKING:
    from graph.connection import Database
    from graph.link import LinkReport


def link(
    db: "Database",
    *,
    space: str | None = None,
    top: int | None = 20,
    threshold: float | Literal["auto"] | None = None,
    percentile: float | None = None,
    method: str = "auto",
) -> "LinkReport":
    """Draw `SIMILAR` edges from each side to its ``top`` nearest (None: to all) above a cosine or a percentile, then
    `RELATED` edges between coins. ``space`` is a name or slug; else the default space.

    With ``threshold`` auto the percentile is the one that `pipeline.sweep` recommends; the report says which, and why.
    Raises `BadLinkOptions`, `TooManyEdges` with the threshold that would give 20 edges a coin.
    """
    from graph.link import link_space
    from graph.probabilities import keep_current
    from graph.runs import recorded
    from graph.similar import LinkOptions
    from graph.spaces import find_space

    options = LinkOptions(top, None if threshold == "auto" else threshold, percentile, method)
    record = find_space(db, space)
    swept = sweep_space(db, record, top=top) if threshold == "auto" else None
    if swept:
        options = replace(options, percentile=swept.recommended.percentile)
    with exclusive(), recorded(db, "link", {"space": record.slug, **asdict(options)}) as run:
        report = link_space(db, record.slug, options, run)
        keep_current(db, record, run.id, edges_changed=False)  # the types may have changed
        if swept:
            run.notes["threshold"] = f"auto: {swept.why}"
    return replace(report, chosen=swept.why) if swept else report
