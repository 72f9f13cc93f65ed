"""A report on a graph in which little was done yet says what is missing."""

from pathlib import Path

import coingraph
from explore.page.report import as_dict, write_report
from graph.connection import Database


def test_a_report_on_an_empty_graph_says_so(db: Database, tmp_path: Path) -> None:
    with coingraph.open() as graph:
        found = graph.report()
    written = write_report(found, tmp_path / "kept", tmp_path / "report.html")
    assert as_dict(found)["coins"] == 0 and written.pictures == 0
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "Communities were not looked for yet." in page
    assert "Nobody has decided anything on these coins yet." in page
