"""Everything at once."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from embed import DEFAULT_SPACE
from errors import CoingraphError
from graph.lock import exclusive
from pipeline.analyzing import analyze
from pipeline.collections import ingest
from pipeline.embedding import embed
from pipeline.linking import link
from pipeline.matching import match
from pipeline.proposing import calibrate, propose
from pipeline.training import train

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
    thorough: bool = False,
    **options: Any,
) -> "Report":
    """Ingest, embed, link and analyze with their defaults, then report into the folder ``report``.

    ``thorough`` also matches the candidates, trains a space of its own and proposes types. ``options`` are those of
    `ingest`. Steps that are done are skipped, so a run that was stopped goes on.
    """
    from explore.report import make_report

    with exclusive():
        reading, _ = ingest(db, folder, collection, **options)
        embedded = embed(db, space=space, device=device, weights=weights, refit=refit)
        slug = embedded.space.slug
        link(db, space=slug)
        closer = _look_closer(db, embedded.space.name, device) if thorough else []
        analysis = analyze(db, space=slug)
        notes = closer
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


def _look_closer(db: "Database", space: str, device: str) -> list[str]:
    """`match`, `train`, `calibrate` and `propose`, a sentence each on what came of them.

    What a collection has too few coins or labels for is left out, and the sentence says so.
    """
    sentences = []
    for step in (_match, _train, _calibrate, _propose):
        try:
            sentences.append(step(db, space, device))
        except CoingraphError as error:
            sentences.append(f"{step.__name__.removeprefix('_')}: {error}.")
    return sentences


def _match(db: "Database", space: str, _device: str) -> str:
    done = match(db, space=space)
    pairs, alike = (sum(getattr(face, name) for face in done.faces) for name in ("total", "verified"))
    return (
        f"{pairs:,} pairs of sides were looked at closely, {alike:,} are proven alike by geometry "
        f"(`coingraph query matched-coins coin=…` ranks by it, `coingraph dies` tells dies)."
    )


def _train(db: "Database", space: str, device: str) -> str:
    trained = train(db, space=space, device=device)
    made = trained.derived.space.name
    gain = trained.lesson.gain if trained.lesson else None
    if not gain:
        return f"{made} learned from your coins: {trained.derived.space.transform} (`coingraph link --space {made}`)."
    return (
        f"{made} learned from your coins: on {gain.after.classes:,} classes it did not see, mean average precision "
        f"{gain.before.map_macro.value:.3f} became {gain.after.map_macro.value:.3f} "
        f"({'take it: ' if gain.better else 'no proof that it is better; see '}`coingraph link --space {made}`)."
    )


def _calibrate(db: "Database", space: str, _device: str) -> str:
    said = ", ".join(
        f"{kept.brier:.3f} on {one.edges} ({kept.brier_base:.3f} by the share)"
        for one in calibrate(db, space=space)
        if (kept := one.kept)
    )
    return f"Edges bear the probability that both ends are of one type: Brier score {said}."


def _propose(db: "Database", space: str, _device: str) -> str:
    done = propose(db, main=space)  # and by descriptions where there are any
    return (
        f"Of {len(done.found.new):,} coins without a type {len(done.proposed):,} were proposed one, by "
        f"{' and '.join(done.spaces)} (`coingraph query surest-proposals`); of {len(done.found.left_out):,} catalogued "
        f"types {len(done.doubted):,} are less probable than another (`coingraph query doubtful-types`). Left out in "
        f"turn, coins of known type get theirs in {done.found.top:.0%} of cases."
    )
