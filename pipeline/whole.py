"""Everything at once."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from embed import DEFAULT_SPACE
from pipeline.analyzing import analyze
from pipeline.collections import ingest
from pipeline.embedding import embed
from pipeline.linking import link
from pipeline.lock import exclusive

if TYPE_CHECKING:
    from explore.report import Report
    from graph.connection import Database


def run(
    db: "Database",
    folder: Path,
    collection: str,
    *,
    report: Path,
    space: str = DEFAULT_SPACE,
    device: str = "auto",
    weights: Path | None = None,
    refit: bool = False,
    **options: Any,
) -> "Report":
    """Ingest, embed, link and analyze with their defaults, then report into the folder ``report``.

    ``options`` are those of `ingest`. Steps that are done are skipped, so a run that was stopped goes on.
    """
    from explore.report import make_report

    with exclusive():
        reading, _ = ingest(db, folder, collection, **options)
        embedded = embed(db, space=space, device=device, weights=weights, refit=refit)
        slug = embedded.space.slug
        link(db, space=slug)
        analysis = analyze(db, space=slug)
        notes = []
        if embedded.skipped:
            notes.append(f"{len(embedded.skipped):,} photographs could not be embedded (a line for each above).")
        if embedded.uncut:
            notes.append(
                f"{embedded.uncut:,} coins were not cut out of their photographs, because where they end is not sure: "
                "`coingraph plot cutout` shows them."
            )
        if embedded.outgrown:
            notes.append(
                f"{embedded.space.name} was fitted on {embedded.fitted_on:,} sides and there are half as many again: "
                "the same command with --refit would help."
            )
        return make_report(db, reading, notes, slug, analysis, report)
