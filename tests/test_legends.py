"""Legends: strips of coins, drawn strips, the network that reads them, and how alike two readings are."""

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_pictures import pictures

from embed.legends import train
from embed.legends.compare import (
    DIMENSION,
    Aligned,
    begin_anywhere,
    borne,
    found_in,
    legible,
    packed,
    raised,
    rarity_of,
    unpacked,
    usual_rarity,
    vectors_of,
    weighed,
)
from embed.legends.draw import draw
from embed.legends.glyphs import VERSIONS, extent, writers
from embed.legends.letters import ALPHABET, CLASSES, DOUBTFUL, as_cut, legend_of
from embed.legends.network import Network
from embed.legends.reader import Reader
from embed.legends.strip import COLUMNS, LIMIT, ROWS, SIZE, STRIDE, unwrapped
from embed.legends.train import Plan, Training, batch, drawn, once
from embed.transforms import Transform
from graph.connection import Database
from graph.legends import read_written, store_legends
from graph.runs import step
from graph.spaces import SpaceRecord, create_vector_indexes, ensure_space, store_vectors
from hoard import HoardTruth
from pipeline.derive import fuse
from pipeline.embed import embed
from pipeline.ingest import ingest
from queries.catalogue import run as run_query
from queries.find import NothingRead, find
from queries.record import coin_record
from queries.stored import stored

READ = COLUMNS // STRIDE


def columns_of(text: str, start: int = 10, apart: int = 5) -> np.ndarray:
    """Probabilities (columns, classes) of a legend that is read without a doubt, each letter two columns wide."""
    read = np.zeros((READ, CLASSES), np.float32)
    read[:, 0] = 1
    for number, char in enumerate(text):
        at = start + apart * number
        read[at : at + 2] = np.eye(CLASSES)[ALPHABET.index(char) + 1]
    return read


def test_a_strip_begins_at_the_lower_left_and_runs_clockwise() -> None:
    cutout = np.full((512, 512), 128, np.uint8)
    cutout[:200, 236:276] = 0  # twelve o'clock: 135 of 360 degrees after the lower left
    strip = unwrapped(cutout)
    assert strip.shape == (ROWS, COLUMNS)
    assert abs(int(strip[ROWS // 2].argmin()) - COLUMNS * 135 // 360) < 12


def test_the_ground_around_a_coin_says_nothing() -> None:
    x, y = np.meshgrid(np.arange(512) - 255.5, np.arange(512) - 255.5)
    noise = np.random.default_rng(1).integers(60, 160, (512, 512))
    cutout = np.where(np.hypot(x, y) < 200, noise, 255).astype(np.uint8)
    strip = unwrapped(cutout)
    assert not strip[:5].any()
    assert strip[-5:].std() > 0.5
    assert np.abs(strip).max() <= LIMIT


def test_a_strip_is_decided_by_its_seed() -> None:
    hands = writers(1)
    first, again, other = (draw(np.random.default_rng([1, seed]), hands) for seed in (5, 5, 6))
    assert (first.strip == again.strip).all()
    assert (first.strip != other.strip).any()
    assert first.letters.any()


def test_every_writer_has_every_letter_about_one_high() -> None:
    for writer in writers(1)[::20]:
        for char in ALPHABET:
            glyph = writer.glyph(char, VERSIONS - 1)
            ys = np.concatenate([polygon[:, 1] for group in glyph for polygon in group])
            low, high = extent(glyph)
            assert -0.5 < ys.min() < 0.3 and 0.7 < ys.max() < 1.5 and 0 < high - low < 2, char


def test_the_network_reads_a_letter_for_each_column() -> None:
    network = Network()
    assert network(torch.zeros(2, 1, ROWS, COLUMNS)).shape == (2, CLASSES, READ)
    assert sum(values.numel() for values in network.parameters()) < 1_000_000  # below 4 MB


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Plan, Path]:
    """A plan of two steps on six strips, four at a time."""
    monkeypatch.setattr(train, "BATCH", 4)
    return Plan(seed=3, strips=6, steps=2), tmp_path


@pytest.mark.long
def test_training_that_was_stopped_ends_as_any_other(small: tuple[Plan, Path]) -> None:
    plan, folder = small
    strips = drawn(plan, folder, lambda line: None)
    whole, half, rest = (Training(plan, torch.device("cpu")) for _ in range(3))
    list(whole.go_on(strips))
    list(islice(half.go_on(strips), 1))
    half.save(folder / "half.pt")
    rest.load(folder / "half.pt")
    list(rest.go_on(strips))
    ended = rest.reader.state_dict()
    assert all((values == ended[name]).all() for name, values in whole.reader.state_dict().items())


def test_a_tiny_training_makes_a_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "BATCH", 4)
    monkeypatch.setattr(train, "CHECKS", 4)
    plan = Plan(seed=1, strips=8, steps=2)
    train.train(plan, tmp_path, 5, torch.device("cpu"), lambda line: None)
    reader = Reader(tmp_path / "reader.safetensors", "cpu")
    noise = np.random.default_rng(1).integers(0, 200, (2, SIZE, SIZE, 1)).repeat(3, 3).astype(np.uint8)
    assert reader.read(reader.strips(noise)).sum(2) == pytest.approx(1, abs=1e-4)
    assert reader.features(noise).shape == (2, DIMENSION)
    record = json.loads((tmp_path / "reader.json").read_text())
    assert record["command"] == f"python -m embed.legends.train --seed 1 --strips {plan.strips} --steps 2"


def test_strips_that_are_there_are_not_drawn_again(small: tuple[Plan, Path]) -> None:
    plan, folder = small
    fewer = Plan(plan.seed, 2, plan.steps)
    first = np.array(drawn(fewer, folder, lambda line: None).pictures)
    (folder / "letters-3.i8").open("ab").write(b"cut off")
    again = drawn(plan, folder, lambda line: None)
    assert len(again) == 6
    assert (again.pictures[:2] == first).all()
    assert set(np.unique(again.letters)) <= set(range(CLASSES))


def test_a_state_of_another_seed_is_refused(small: tuple[Plan, Path]) -> None:
    plan, folder = small
    Training(plan, torch.device("cpu")).save(folder / "state.pt")
    with pytest.raises(ValueError, match="another --folder"):
        Training(Plan(seed=4), torch.device("cpu")).load(folder / "state.pt")


def test_a_batch_keeps_letters_under_their_pictures(small: tuple[Plan, Path]) -> None:
    plan, folder = small
    strips = drawn(plan, folder, lambda line: None)
    pictures, letters = batch(strips, np.random.default_rng(1))
    assert pictures.shape == (4, 1, ROWS, COLUMNS)
    assert letters.shape == (4, READ)
    assert sorted(map(once, strips.letters.astype(int)))  # runs of letters, without the columns of none


def test_letters_are_spelled_once_each_and_doubtful_ones_are_hidden() -> None:
    read = columns_of("AVGG")
    read[10:12] *= 0.4
    legend = legend_of(read)
    assert legend.text == f"{DOUBTFUL}VGG"
    assert legend.confidence == pytest.approx((0.4, 1, 1, 1))
    assert legend.places[0] == pytest.approx(11 / read.shape[0]) and list(legend.places) == sorted(legend.places)


def test_a_typed_legend_is_cut_as_its_letters_were() -> None:
    assert as_cut("Imp. C. Iulius\u00a0 — Aug[ustus] PIVS") == "IMPCIVLIVSAVGVSTVSPIVS"
    assert as_cut("cæsar jovi") == "CAESARIOVI"
    assert as_cut("Βασιλέως Δημητρίου") == as_cut("ΒΑΣΙΛΕΩΣ ΔΗΜΗΤΡΙΟΥ") == "BAZIAEQZAHMHTPIOY"


def test_letters_that_stand_a_little_elsewhere_are_aligned() -> None:
    read = np.stack([columns_of("CONSTANTINVS"), columns_of("CONSTANTINVS", start=14), columns_of("MAXIMIANVSCA")])
    scores = Aligned(raised(read), np.ones(len(ALPHABET)))(np.array([0, 0, 0]), np.array([0, 1, 2]))
    assert scores[0] == pytest.approx(1, abs=1e-5)
    assert scores[1] > 0.8 > 0.6 > scores[2]


def test_legends_that_begin_anywhere_are_turned_before_they_are_aligned() -> None:
    random = np.random.default_rng(3)
    texts = ["".join(random.choice(list(ALPHABET), 14)) for _ in range(12)] * 2
    same = raised(np.stack([columns_of(text) for text in texts]))
    turned = np.stack([np.roll(one, random.integers(20, 60), 0) for one in same])
    rarity = np.ones(len(ALPHABET))
    assert not begin_anywhere(same, rarity) and begin_anywhere(np.concatenate([same, turned]), rarity)
    assert not begin_anywhere(same[:1], rarity)
    pairs = np.zeros(2, int), np.array([0, 1])
    both = np.stack([same[0], turned[0]])
    assert Aligned(both, rarity)(*pairs)[1] < 0.6 < 0.99 < Aligned(both, rarity, anywhere=True)(*pairs)[1]


def test_a_typed_legend_is_found_with_gaps_and_without_some_letters() -> None:
    texts = ["IMPCONSTANTINVSPFAVG", "IMPMAXIMIANVSPFAVG", "GENIOPOPVLIROMANI", ""]
    letters = np.stack([unpacked(packed(raised(columns_of(text)[None]))[0].tobytes()) for text in texts])
    for text, best in (("Imp Constantinus P F Aug", 0), ("MAXIMIANVS", 1), ("GENIO MANI", 2), ("POPVLI", 2)):
        scores = found_in(letters, as_cut(text), usual_rarity())
        assert scores.argmax() == best
        assert scores[best] > 0.7
        assert abs(scores[3]) < 0.01


def test_a_legend_is_found_best_on_the_coins_that_bear_it() -> None:
    texts = [as_cut(MAXIMIAN), as_cut(CONSTANTINE), as_cut(CONSTANTINE).replace("CONSTANTINVS", "CONSTANTIVS")]
    found = borne(raised(np.stack([columns_of(text) for text in texts])), texts, usual_rarity())
    assert found.argmax(1).tolist() == [0, 1, 2]  # the longer legend is not found on the coin of the shorter
    assert found.mean(0) == pytest.approx(0, abs=1e-5)


def test_a_bare_rim_is_like_nothing() -> None:
    faint = columns_of("")
    faint[:, 1:] = 1e-6
    read = np.stack([columns_of("CONSTANTINVS"), columns_of("MAXIMIANVS"), faint, faint])
    scores = Aligned(raised(read), np.ones(len(ALPHABET)))(np.array([2, 2]), np.array([3, 0]))
    assert scores.max() < 0.2
    assert legible(read).tolist() == [True, True, False, False]


def test_vectors_of_legends_are_near_where_their_letters_are() -> None:
    random = np.random.default_rng(1)
    texts = ["".join(random.choice(list(ALPHABET), 12)) for _ in range(200)]
    read = np.stack([columns_of(texts[0], start=12), columns_of(""), *map(columns_of, texts)])
    vectors = vectors_of(read, rarity_of(read))
    near = weighed(Transform("centre").fit(vectors).transform(vectors))
    assert near.shape == (202, DIMENSION)
    assert near[0] @ near[2] > 0.5 > near[0] @ near[3] + 0.3
    assert not near[1].any()


@pytest.mark.long
def test_a_space_of_legends_is_joined_with_one_of_pictures(db: Database, easy_hoard: HoardTruth) -> None:
    ingest(db, easy_hoard.folder, "hoard")
    seen, read = embed(db, space="test-pixels"), embed(db, space="legend")
    assert read.space.dimension == DIMENSION
    assert read.embedded + read.illegible == seen.embedded and not read.skipped
    both = fuse(db, "test-pixels", "legend", "late", "both")
    assert both.made == seen.embedded


def test_what_was_read_stands_on_the_sides_and_is_found_in_greek(db: Database, easy_hoard: HoardTruth) -> None:
    ingest(db, easy_hoard.folder, "hoard")
    done = embed(db, space="legend")
    rows = db.read(
        "MATCH (s:Side) RETURN s.id AS id, s.legend_read AS text, size(s.legend_confidence) AS letters, "
        "size(s.legend_places) AS places"
    )
    assert len(rows) == done.embedded + done.illegible
    assert all(len(row["text"]) == row["letters"] == row["places"] for row in rows)
    coin = next(row["id"] for row in rows if len(row["text"]) > 5).rpartition("/")[0]
    legends = coin_record(db, coin).legends
    assert {legend.text for legend in legends.values()} <= {row["text"] for row in rows}
    assert max(len(legend.text) for legend in legends.values()) > 5
    recorded = {row["id"]: row["text"] for row in db.read("MATCH (c:Coin) RETURN c.id AS id, c.obverse_legend AS text")}
    greek = sorted({text for text in recorded.values() if text and not text.isascii()})
    assert [recorded[find(db, legend=text, side="obverse")[0].coin] for text in greek] == greek and len(greek) == 2
    db.write("MATCH (s:Side) SET s.sha256 = 'of another picture'")
    assert not coin_record(db, coin).legends


@pytest.mark.long
def test_a_side_without_a_letter_is_looked_at_once(db: Database, tmp_path: Path) -> None:
    pictures(tmp_path, "A.1_obv.png", "A.1_rev.png", "A.2_obv.png", "A.2_rev.png")
    ingest(db, tmp_path, "bare")
    first, again = embed(db, space="legend"), embed(db, space="legend")
    assert (first.embedded, first.illegible, first.skipped) == (0, 4, [])
    assert (again.embedded, again.illegible, again.unchanged) == (0, 4, 0)


def read_coins_with(db: Database, recorded: dict[str, tuple[str | None, str]]) -> None:
    """Coins by name with the legend that the table gives their obverse, and what was read on it."""
    sums = [f"tray/{name}" for name in recorded]
    rows = [{"coin": coin, "legend": legend} for coin, (legend, _) in zip(sums, recorded.values(), strict=True)]
    db.write(
        "UNWIND $rows AS row CREATE (c:Coin {id: row.coin, obverse_legend: row.legend})-[:HAS_SIDE]->"
        "(:Side:Obverse {id: row.coin + '/obverse', sha256: row.coin})",
        rows=rows,
    )
    ids = [f"{coin}/obverse" for coin in sums]
    read = np.stack([columns_of(text, apart=4) for _, text in recorded.values()])
    store_legends(db, ids, sums, read)
    vectors = vectors_of(read, usual_rarity())
    space = SpaceRecord("legend", "legend", "legend", "0", "tests", DIMENSION, {})
    with step(db, "embed") as run:
        ensure_space(db, space, run)
        store_vectors(db, "legend", ids, sums, Transform("centre").fit(vectors).transform(vectors))
    create_vector_indexes(db, space)
    db.run_alone("CALL db.awaitIndexes(60)")


MAXIMIAN, CONSTANTINE = "IMP MAXIMIANVS P F AVG", "IMP CONSTANTINVS P F AVG"


@pytest.fixture
def tray(db: Database) -> Database:
    coins: dict[str, tuple[str | None, str]] = {f"M{n}": (MAXIMIAN, as_cut(MAXIMIAN)) for n in range(4)}
    coins |= {f"C{n}": (CONSTANTINE, as_cut(CONSTANTINE)) for n in range(4)}
    coins["wrong"] = (MAXIMIAN, as_cut(CONSTANTINE)[:-2])
    coins["none"] = (None, as_cut(MAXIMIAN)[:-2])
    read_coins_with(db, coins)
    return db


def test_what_was_read_stands_beside_the_legends_on_record(tray: Database) -> None:
    coins = ["tray/none", "tray/M0", "tray/wrong"]
    (obverse,) = read_written(tray, coins)
    assert obverse.recorded.tolist() == [-1, 0, 0]  # of these coins one legend is on record
    assert obverse.found[2, 0] < obverse.found[:2, 0].min()


def test_a_coin_that_reads_otherwise_than_its_record_is_named(tray: Database) -> None:
    (row,) = run_query(tray, stored("doubtful-legends"), {}).rows
    assert (row["coin"], row["side"], row["recorded"]) == ("tray/wrong", "obverse", MAXIMIAN)
    assert (row["neighbours_say"], row["legend_read"]) == (CONSTANTINE, as_cut(CONSTANTINE)[:-2])


def test_a_coin_that_was_read_and_has_no_record_is_named(tray: Database) -> None:
    (row,) = run_query(tray, stored("unrecorded-legends"), {}).rows
    assert (row["coin"], row["legend_read"], row["likely"]) == ("tray/none", as_cut(MAXIMIAN)[:-2], MAXIMIAN)


def test_coins_are_found_by_a_typed_legend(tray: Database) -> None:
    hits = find(tray, legend="imp. Constantinus  p f aug", top=4)
    assert {hit.coin for hit in hits} == {f"tray/C{n}" for n in range(4)}
    assert hits[0].text == as_cut(CONSTANTINE) and hits[0].faces["obverse"].cosine > 0.7
    assert {hit.coin for hit in find(tray, legend="MAXIMIANVS", top=5)} == {f"tray/M{n}" for n in range(4)} | {
        "tray/none"
    }
    with pytest.raises(NothingRead, match="2 letters"):
        find(tray, legend="A. 5 G?")
