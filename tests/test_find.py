"""Finding what is like a coin or a photograph, and why."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from coded_hoard import CodedHoard
from PIL import Image

from explore.answers import like_photograph
from graph.connection import Database
from graph.glance import UnknownSpace
from graph.replacing import remove_space
from hoard import HoardTruth
from ingest.images import BadImage
from pipeline.embed import embed
from queries.find import find, known_photograph, why
from queries.lookup import AmbiguousCoin, UnknownCoin, find_coin


def test_a_coin_is_found_by_its_id_or_by_a_unique_ending(coded: CodedHoard) -> None:
    assert find_coin(coded.db, "hoard/SH-0007") == find_coin(coded.db, "sh-0007") == find_coin(coded.db, "0007")


def test_an_ending_of_several_coins_lists_them(coded: CodedHoard) -> None:
    with pytest.raises(AmbiguousCoin, match=r"hoard/SH-0007, hoard/SH-0017, "):
        find_coin(coded.db, "7")


def test_an_unknown_coin_gets_those_that_contain_what_was_typed(coded: CodedHoard) -> None:
    with pytest.raises(UnknownCoin, match="there are hoard/SH-0001"):
        find_coin(coded.db, "SH-00")


def test_what_is_most_like_a_double_is_the_other(coded: CodedHoard) -> None:
    one, other = sorted(coded.planted("double"))
    assert find(coded.db, one, top=3)[0].coin == other


def test_why_gives_both_faces_in_every_space(coded: CodedHoard) -> None:
    compared = why(coded.db, *sorted(coded.planted("double")))
    assert [(c.space, c.face) for c in compared] == [
        ("cameras", "obverse"),
        ("cameras", "reverse"),
        ("dies", "obverse"),
        ("dies", "reverse"),
    ]


def test_a_double_is_first_on_both_faces_by_its_dies(coded: CodedHoard) -> None:
    one, other = sorted(coded.planted("double"))
    compared = why(coded.db, one, other, "dies")
    assert {(c.rank, c.back_rank, c.edge, c.mutual) for c in compared} == {(1, 1, True, True)}
    assert all((c.percentile or 0) > 99.5 for c in compared)


def test_why_works_where_no_edge_joins_two_coins(coded: CodedHoard) -> None:
    (mule,), (swapped,) = coded.planted("mule"), coded.planted("swapped")
    compared = why(coded.db, mule, swapped, space="dies")
    assert any(not c.edge and c.rank > 20 and (c.percentile or 100) < 90 for c in compared)


def test_computed_cosines_and_percentiles_are_those_of_the_edges(coded: CodedHoard) -> None:
    (edge,) = coded.db.read(
        "MATCH (a:Coin)-[r:RELATED {space: 'dies'}]->(b:Coin) WHERE r.evidence = 'both sides' "
        "RETURN a.id AS a, b.id AS b, r.obverse AS cosine, r.obverse_percentile AS percentile ORDER BY r.key LIMIT 1"
    )
    compared = why(coded.db, edge["a"], edge["b"], space="dies")[0]
    assert compared.cosine == pytest.approx(edge["cosine"], abs=1e-6)
    assert compared.percentile == pytest.approx(edge["percentile"], abs=0.1)


def test_a_missing_side_is_left_out_of_why(coded: CodedHoard) -> None:
    (coin,) = coded.planted("one_sided")
    assert len(why(coded.db, coin, "hoard/SH-0001", space="dies")) == 1


def test_a_photograph_of_the_graph_is_recognised_by_its_file(coded: CodedHoard, tmp_path: Path) -> None:
    copy = tmp_path / "new.jpg"
    shutil.copy(coded.truth.folder / "photographs" / "SH-0007_rev.jpg", copy)
    assert known_photograph(coded.db, copy) == [{"coin": "hoard/SH-0007", "face": "reverse"}]


def test_what_is_no_photograph_is_refused(coded: CodedHoard, tmp_path: Path) -> None:
    text = tmp_path / "new.jpg"
    text.write_text("no picture")
    with pytest.raises(BadImage):
        known_photograph(coded.db, text)


@pytest.fixture(scope="module")
def seen(coded: CodedHoard) -> Iterator[Database]:
    """The same graph with a space of a real, small model beside the others."""
    embed(coded.db, space="test-pixels")
    yield coded.db
    remove_space(coded.db, "test-pixels")


def test_a_new_photograph_of_a_known_side_is_nearest_to_it(seen: Database, hoard: HoardTruth, tmp_path: Path) -> None:
    picture = Image.open(hoard.folder / "photographs" / "SH-0007_obv.jpg")
    noise = np.random.default_rng(1).integers(-3, 4, (picture.height, picture.width, 3))
    Image.fromarray((np.asarray(picture.convert("RGB")) + noise).clip(0, 255).astype(np.uint8)).save(tmp_path / "x.png")
    first, *others = hits = find(seen, photograph=tmp_path / "x.png", space="test-pixels", top=5)
    assert (first.coin, list(first.faces), len(others)) == ("hoard/SH-0007", ["obverse"], 4)
    assert len({hit.coin for hit in hits}) == 5
    answer = like_photograph("x.png", "obverse", hits, doubtful=[first.coin])
    assert answer.said.startswith("x.png is new. By its obverse, ") and answer.shown
    assert answer.shown[0]["type"] == f"? {first.type}"
    assert first.faces["obverse"].cosine > 0.999
    assert first.pictures["obverse"].endswith("/SH-0007_obv.jpg")


def test_a_photograph_is_looked_up_on_one_face_where_that_is_asked(
    seen: Database, hoard: HoardTruth, tmp_path: Path
) -> None:
    picture = hoard.folder / "photographs" / "SH-0007_obv.jpg"
    turned = Image.open(picture).transpose(Image.Transpose.ROTATE_180)
    turned.save(tmp_path / "turned.png")
    hits = find(seen, photograph=tmp_path / "turned.png", space="test-pixels", side="reverse")
    assert {face for hit in hits for face in hit.faces} == {"reverse"} and len(hits) == 10


def test_a_photograph_cannot_be_looked_up_in_an_unknown_space(seen: Database, tmp_path: Path) -> None:
    Image.new("RGB", (40, 40)).save(tmp_path / "new.png")
    with pytest.raises(UnknownSpace):
        find(seen, photograph=tmp_path / "new.png", space="none")


def test_a_photograph_of_the_graph_stands_for_its_coin(coded: CodedHoard) -> None:
    picture = coded.truth.folder / "photographs" / "SH-0007_rev.jpg"
    assert find(coded.db, photograph=picture) == find(coded.db, "SH-0007")


def test_ranks_are_places_among_the_linked_neighbours_both_ways(coded: CodedHoard) -> None:
    one, other = sorted(coded.planted("double"))
    expected = {c.face: (c.rank, c.back_rank) for c in why(coded.db, one, other, "dies")}
    hit = find(coded.db, one, space="dies", top=3)[0]
    assert {face: (like.rank, like.back_rank) for face, like in hit.faces.items()} == expected
    assert all(like.mutual for like in hit.faces.values()) and hit.among == coded.truth.coins
