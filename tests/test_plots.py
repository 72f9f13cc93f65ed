"""Pictures of a hoard whose vectors know the answers: what they show, and that their files open."""

import json
import re
import shutil
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from coded_hoard import CodedHoard
from PIL import Image

from cli import main
from commands.cures import cure_of
from errors import Progress, listening
from explore import colours, curves, maps, network, plots, sheets
from graph.coins import UnknownProperty, linked_coins, read_coins
from graph.derived import LossCurve
from graph.projection import NoEdges
from graph.spaces import SpaceRecord, UnknownSpace, find_space, read_vectors
from ingest.records import Face
from measure import distribution
from measure.coinset import CoinSet, NotEmbedded
from queries.lookup import UnknownCoin, find_coin


def coingraph(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["plot", *map(str, arguments)])


def cosines(coded: CodedHoard, face: Face) -> tuple[list[str], np.ndarray]:
    ids, vectors = read_vectors(coded.db, "dies", face)
    unit = vectors / np.linalg.norm(vectors.astype(float), axis=1, keepdims=True)
    return ids, unit @ unit.T


def coins(coded: CodedHoard, face: str = "both", colour: str = "type") -> CoinSet:
    return read_coins(coded.db, find_space(coded.db, "dies"), face, ["type"], colour=colour)


@pytest.fixture(scope="module")
def obverses(coded: CodedHoard) -> maps.Map:
    return maps.make_map(coins(coded, "obverse"))


def assert_opens(path: Path, least: tuple[int, int] = (600, 400)) -> None:
    """A picture of some size, or a page that asks for nothing from elsewhere."""
    if path.suffix == ".png":
        with Image.open(path) as image:
            image.load()
            assert image.width >= least[0] and image.height >= least[1]
    elif path.suffix == ".svg":
        assert "<svg" in path.read_text()[:1000]
    else:
        page = path.read_text("utf-8")
        outside = r"""<(script|img|link|iframe)[^>]*(src|href)=["']?(https?:)?//|@import|url\(["']?https?:"""
        assert not re.search(outside, page)
        assert page.endswith("</html>")


def test_a_photograph_that_cannot_be_drawn_is_named(tmp_path: Path) -> None:
    heard: list[Progress] = []
    Image.new("RGB", (1500, 2)).save(tmp_path / "line.png")
    (tmp_path / "torn\x1b[1m.jpg").write_bytes(b"\xff\xd8\xff")
    for name in ("line.png", "torn\x1b[1m.jpg", "gone.png"):
        with listening(heard.append):
            assert plots.thumbnail(tmp_path / name) is None
    for line, name in zip([one.said for one in heard], ("line.png", r"torn\x1b[1m.jpg", "gone.png"), strict=True):
        assert line.startswith(f"skipped {tmp_path / name}: ")


PICTURES = [["tsne"], ["pairs", "hoard/SH-0001"], ["network"], ["distribution"]]


@pytest.mark.long
@pytest.mark.parametrize(
    ("what", "ending"), [(what, end) for what in PICTURES for end in ("png", "html")] + [(["tsne"], "svg")]
)
def test_every_picture_by_every_renderer(coded, tmp_path, what, ending):
    out = tmp_path / f"new folder/{what[0]}.{ending}"
    result = coingraph(*what, "--space", "dies", "--out", out)
    assert result.exit_code == 0, result.output
    assert str(out) in result.stderr
    assert_opens(out)


def test_the_same_command_gives_the_same_file(coded, tmp_path):
    for name in ("a.svg", "b.svg"):
        assert coingraph("network", "--space", "dies", "--out", tmp_path / name).exit_code == 0
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


# --- t-SNE ----------------------------------------------------------------------------------------------------------


def test_a_map_has_a_place_for_every_side(coded, obverses):
    ids, _ = read_vectors(coded.db, "dies", "obverse")
    assert [dot.id for dot in obverses.dots] == ids
    assert obverses.xy.shape == (len(ids), 2) and np.isfinite(obverses.xy).all()


def test_perplexity_is_lowered_where_there_are_few_sides(obverses):
    assert obverses.how == f"t-SNE, perplexity {(len(obverses.dots) - 1) // 3}, seed 42"
    assert "30 needs 91 sides" in obverses.notes[0]


def test_sides_of_one_type_lie_together(obverses):
    away = np.linalg.norm(obverses.xy[:, None] - obverses.xy[None], axis=2)
    np.fill_diagonal(away, np.inf)
    nearest = away.argmin(axis=1)
    typed = [(dot.type, obverses.dots[near].type) for dot, near in zip(obverses.dots, nearest, strict=True) if dot.type]
    assert np.mean([one == other for one, other in typed]) > 0.7


@pytest.mark.long
def test_two_spaces_side_by_side_share_their_colours(coded, tmp_path):
    out = tmp_path / "both.png"
    result = coingraph("tsne", "--space", "dies", "--space", "cameras", "--colour", "camera", "--out", out)
    assert result.exit_code == 0, result.output
    assert_opens(out, (2000, 900))
    assert "of dies" in result.stderr and "of cameras" in result.stderr


@pytest.mark.parametrize("colour", ["type", "collection", "community", "mint", "weight", "camera"])
def test_coloured_by_anything_that_is_known(coded, colour):
    values = coins(coded, "obverse", colour).values
    assert sum(value is not None for value in values) > 50


def test_a_coin_without_a_type_is_unlabelled(coded, obverses):
    sides = obverses.dots
    without = {side.coin for side in sides if side.value is None}
    assert without == coded.planted("unclassified")
    groups = colours.groups_of([side.value for side in sides])
    assert (groups[-1].kind, len(groups[-1].members)) == ("unlabelled", len(without))


@pytest.mark.long
def test_a_sample_is_said_on_the_map(coded, monkeypatch):
    monkeypatch.setattr(maps, "MOST", 20)
    map_ = maps.make_map(coins(coded, "obverse"))
    assert len(map_.dots) == 20 and "a sample of 60" in map_.how


def test_umap_says_how_to_get_it(coded, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    result = coingraph("tsne", "--space", "dies", "--method", "umap", "--out", tmp_path / "a.png")
    assert result.exit_code == 1 and "pip install umap-learn" in result.output


# --- legends --------------------------------------------------------------------------------------------------------


def test_a_legend_names_the_most_frequent_and_gathers_the_rest():
    values = [f"type {number}" for number in range(20) for _ in range(20 - number)] + [None] * 3
    groups = colours.groups_of(values)
    assert [group.label for group in groups[:3]] == ["type 0", "type 1", "type 2"]
    assert [group.label for group in groups[-2:]] == ["11 others", "unlabelled"]
    assert sum(len(group.members) for group in groups) == len(values)
    assert len({group.colour for group in groups}) == len(groups) == colours.MOST_GROUPS + 2


def test_of_groups_of_one_size_community_9_comes_before_10():
    names = [f"space/both/leiden/auto/{number}" for number in (10, 9, 2)]
    assert colours.most_frequent(names) == names[::-1]


def test_many_numbers_are_a_scale_and_few_are_groups():
    assert colours.is_scale([1.5 * number for number in range(30)] + [None])
    assert not colours.is_scale([1, 2, 3] * 10)
    assert not colours.is_scale(["a", *range(30)]) and not colours.is_scale([None])


def test_names_that_differ_in_the_middle_can_be_told_apart():
    holding = "Felicitas, draped, standing left, holding {} in right hand and cornucopiae in left"
    names = [holding.format(what) for what in ("up caduceus", "winged caduceus", "winged sceptre")]
    labels = colours.labels_of([*names, "Clasped hands", None])
    assert len(set(labels)) == 5 and labels[3:] == ["Clasped hands", "None"]
    assert all(what in label for what, label in zip(("up caduceus", "caduceus", "sceptre"), labels, strict=False))
    assert all(len(label) <= 34 for label in labels)


def test_a_value_far_from_all_others_does_not_take_the_whole_scale():
    low, high, ends = colours.shades([*range(100, 200), None, 9000])
    assert (low, ends) == (pytest.approx(102), "both") and high < 200
    assert colours.shades([5.0] * 99 + [7.0]) == (5.0, 7.0, "neither")


def test_points_of_a_page_say_which_card_is_theirs():
    values = [1.5 * number for number in range(11)] + [None]
    grey, shaded = colours.Key("weight", values).traces(np.zeros((12, 2)), values, ["<b>"] * 12, first=100)
    assert (grey.name, list(grey.customdata), list(shaded.customdata)) == (
        "unlabelled (1)",
        [111],
        list(range(100, 111)),
    )
    assert list(shaded.marker.color) == values[:11] and grey.text == ("&lt;b&gt;",)
    names = [None if value is None else str(value) for value in values]
    other, *groups = colours.Key("name", names).traces(np.zeros((12, 2)), names, [""] * 12)
    assert len(groups) == 10 and other.marker.color == colours.UNLABELLED


# --- losses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
def test_how_a_fusion_learnt(tmp_path, ending):
    curve = LossCurve("fused", [0.5, 0.3, 0.2, 0.1], [0.6, 0.4, 0.45, 0.5], 2)
    drawn = curves.draw(curves.losses(curve), tmp_path / f"losses.{ending}")
    assert_opens(drawn.path)
    assert [row["kept"] for row in drawn.rows] == [False, True, False, False]
    assert drawn.rows[1] == {"space": "fused", "epoch": 2, "trained": 0.3, "held out": 0.4, "kept": True}


def test_what_was_not_trained_has_no_losses(coded, tmp_path):
    result = coingraph("losses", "--space", "dies", "--out", tmp_path / "x.png")
    assert result.exit_code == 1 and "dies was not trained" in result.stderr


# --- pairs ----------------------------------------------------------------------------------------------------------


def test_the_three_most_and_least_similar(coded):
    found = sheets.make_pairs(coins(coded), "hoard/SH-0001")
    assert [row.face for row in found.rows] == ["obverse", "reverse"]
    for row in found.rows:
        ids, matrix = cosines(coded, row.face)
        own = ids.index(f"hoard/SH-0001/{row.face}")
        expected = np.sort(np.delete(matrix[own], own))
        np.testing.assert_allclose([cosine for _, cosine in row.most], expected[::-1][:3], atol=1e-6)
        np.testing.assert_allclose([cosine for _, cosine in row.least], expected[:3][::-1], atol=1e-6)


def test_a_coin_with_one_side(coded, tmp_path):
    (coin,) = coded.planted("one_sided")
    result = coingraph("pairs", coin, "--space", "dies", "--out", tmp_path / "one.png", "--json")
    assert result.exit_code == 0, result.output
    assert {row["face"] for row in json.loads(result.stdout)} == {"obverse"}
    assert f"{coin} has no reverse" in result.stderr


# --- networks -------------------------------------------------------------------------------------------------------


def test_a_network_shows_the_edges_above_the_threshold(coded):
    ids, matrix = cosines(coded, "reverse")
    above = {(ids[i], ids[j]) for i, j in combinations(range(len(ids)), 2) if matrix[i, j] > 0.6}
    made = network.make_network(linked_coins(coded.db, "dies", "reverse", threshold=0.6))
    assert {(made.dots[i].id, made.dots[j].id) for i, j in made.edges} == above
    assert len(made.dots) == len({end for pair in above for end in pair})
    assert made.alone == len(ids) - len(made.dots)


def test_without_a_threshold_there_are_five_edges_a_coin(coded):
    made = network.make_network(linked_coins(coded.db, "dies"))
    assert len(made.edges) == pytest.approx(2.5 * (len(made.dots) + made.alone), rel=0.05)


def test_a_higher_percentile_leaves_fewer_edges(coded):
    linked = [linked_coins(coded.db, "dies", percentile=percentile) for percentile in (80, 90, 95)]
    counts = [len(network.make_network(one).edges) for one in linked]
    assert counts == sorted(counts, reverse=True) and counts[0] > counts[-1] > 0


def test_parts_do_not_lie_on_each_other():
    ends = np.array([(0, 1), (1, 2), (2, 0), (3, 4), (5, 6), (6, 7)])
    xy, parts = network.layout(8, ends, np.ones(len(ends)))
    assert parts == 3
    boxes = [(xy[part].min(axis=0), xy[part].max(axis=0)) for part in ([0, 1, 2], [3, 4], [5, 6, 7])]
    for (low, high), (other_low, other_high) in combinations(boxes, 2):
        assert ((low > other_high) | (other_low > high)).any()


def test_too_many_coins_for_a_page(coded):
    with pytest.raises(plots.TooManyCoins, match="57 nodes") as caught:
        network.make_network(linked_coins(coded.db, "dies"), most=10)
    assert "a higher --percentile" in (cure_of(caught.value) or "")


@pytest.mark.long
def test_a_click_shows_both_pictures_and_nothing_is_loaded(coded, tmp_path):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    out = tmp_path / "network.html"
    assert coingraph("network", "--space", "dies", "--out", out).exit_code == 0
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1200, "height": 800})
        page.on("request", lambda request: asked.append(request.url))
        page.goto(out.as_uri())
        page.wait_for_selector("#coins .scatterlayer .points path")
        page.evaluate("document.getElementById('coins').emit('plotly_click', {points: [{customdata: 0}]})")
        shown = page.inner_text("aside")
        sizes = page.eval_on_selector_all("aside img", "all => all.map(one => one.naturalWidth)")
        browser.close()
    assert network.make_network(linked_coins(coded.db, "dies")).dots[0].coin in shown
    assert len(sizes) in (1, 2) and all(0 < width <= plots.THUMBNAIL for width in sizes)
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]


# --- distributions --------------------------------------------------------------------------------------------------


def test_pairs_of_one_type_and_of_two_are_counted(coded):
    found = distribution.distribution(coins(coded), "obverse")
    types = coins(coded, "obverse").labels["type"]
    both = list(combinations(types, 2))
    assert found.same.pairs == sum(one == other is not None for one, other in both)
    assert found.unknown.pairs == sum(None in pair for pair in both)
    assert found.all.pairs == len(both)


def test_thresholds_are_percentiles_of_all_pairs(coded):
    found = distribution.distribution(coins(coded), "reverse")
    _, matrix = cosines(coded, "reverse")
    every = matrix[np.triu_indices(len(matrix), 1)]
    for row in found.rows():
        assert row["cosine"] == pytest.approx(np.percentile(every, row["percentile"]), abs=0.02)
        assert row["pairs above"] == pytest.approx(len(every) * (1 - row["percentile"] / 100), abs=1)
    assert found.rows()[0]["of one type"] > found.same.pairs / len(every)


def test_blocks_do_not_change_what_is_counted(monkeypatch):
    random = np.random.default_rng(3)
    vectors = random.normal(size=(50, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    types = random.integers(-1, 4, 50)
    whole = distribution.histograms(vectors, types)
    monkeypatch.setattr(distribution, "BLOCK", 7)
    for one, other in zip(whole, distribution.histograms(vectors, types), strict=True):
        np.testing.assert_array_equal(one.counts, other.counts)


def test_a_sample_of_many_sides_is_said(coded, monkeypatch):
    monkeypatch.setattr(distribution, "MOST", 20)
    found = distribution.distribution(coins(coded), "obverse")
    assert found.all.pairs == 20 * 19 // 2
    assert "a sample of" in curves.cosines(coins(coded)).shows


# --- errors ---------------------------------------------------------------------------------------------------------


def test_unknown_names_say_what_there_is(coded):
    with pytest.raises(UnknownSpace, match="dies"):
        linked_coins(coded.db, "nothing")
    with pytest.raises(UnknownProperty, match="mint"):
        coins(coded, "obverse", "`nothing`")
    with pytest.raises(UnknownProperty, match="mint"):
        linked_coins(coded.db, "dies", colour="`nothing`")
    with pytest.raises(UnknownCoin):
        find_coin(coded.db, "nobody")
    with pytest.raises(NoEdges, match="ask for less"):
        linked_coins(coded.db, "dies", "reverse", threshold=0.99999)


def test_a_file_of_another_kind(coded):
    result = coingraph("tsne", "--space", "dies", "--out", "map.pdf")
    assert result.exit_code == 2 and ".png, .svg or .html" in result.output


def test_a_cosine_is_no_threshold_between_coins(coded):
    assert coingraph("network", "--space", "dies", "--threshold", "0.5").exit_code == 2


def test_no_vectors(coded):
    bare = SpaceRecord("bare", "bare", "", "", "", 2, {})
    with pytest.raises(NotEmbedded, match="no obverse side has a vector of the space bare"):
        read_coins(coded.db, bare, "obverse")
