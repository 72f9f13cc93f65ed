"""Words find coins, and name their types."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from test_embed_cli import add_side
from test_texts import COINS, coin
from tiny_clip import make_tiny_clip

from cli import main
from graph.connection import Database
from graph.spaces import read_vectors, store_vectors
from queries.vectors import encoder_of, space_of_words
from queries.zero_shot import BadLabels, read_labels

HORSES = {"1": "a horse above a wheel", "2": "a head with a beard", "3": "a horse and a boar"}


def coingraph(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def described(db: Database) -> Database:
    """Three coins and their descriptions in a space of words."""
    db.write(COINS, coins=[coin(name, ("Horse",) * ("horse" in text), reverse=text) for name, text in HORSES.items()])
    coingraph("embed", "--space", "test-words", "--template", "{reverse}")
    return db


@pytest.fixture(scope="module")
def tiny_clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    return make_tiny_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture
def seen(db: Database, tmp_path: Path, tiny_clip: tuple[str, Path]) -> str:
    """Four pictures in the space of a CLIP of random weights, by its name."""
    name, weights = tiny_clip
    for seed in range(4):
        add_side(db, tmp_path / f"coin {seed}.png", seed)
    result = coingraph("embed", "--space", name, "--weights", str(weights))
    assert result.exit_code == 0, result.output
    return name


@pytest.mark.long
def test_words_find_descriptions(described: Database) -> None:
    rows = json.loads(coingraph("find", "--text", "a wheel and a horse", "--side", "reverse", "--json").stdout)
    assert [row["coin"] for row in rows] == ["museum/1", "museum/3", "museum/2"]
    expected = {"side": "reverse", "type": "Horse", "text": "a horse above a wheel", "fields": ["reverse"]}
    assert expected.items() <= rows[0].items()
    assert rows[0]["cosine"] == rows[0]["reverse"] == pytest.approx(6 / (7**0.5 * 7**0.5))


def test_words_find_pictures_by_the_text_tower(db: Database, seen: str) -> None:
    rows = json.loads(coingraph("find", "--text", "a horse", "--space", seen, "--json").stdout)
    ids, vectors = read_vectors(db, "open_clip_tiny_clip", "obverse")
    words = encoder_of(space_of_words(db, seen)).encode(["a horse"])[0]
    cosines = vectors @ words / np.linalg.norm(vectors, axis=1) / np.linalg.norm(words)
    assert rows[0]["coin"] + "/obverse" == ids[int(cosines.argmax())]
    assert rows[0]["cosine"] == pytest.approx(cosines.max(), abs=1e-4)
    assert rows[0]["text"] is None


@pytest.mark.long
def test_a_space_that_cannot_read_says_which_can(described: Database, tmp_path: Path) -> None:
    add_side(described, tmp_path / "x.png")
    coingraph("embed", "--space", "test-pixels", "--collection", "museum")
    result = coingraph("find", "--text", "a horse", "--space", "test-pixels")
    assert result.exit_code == 1
    assert "space 'test-pixels' cannot read words: its model is test-pixels\ncure:  --space test-words" in result.stderr


def test_without_a_space_of_words_the_way_to_one_is_shown(db: Database, tmp_path: Path) -> None:
    add_side(db, tmp_path / "x.png")
    coingraph("embed", "--space", "test-pixels")
    result = coingraph("find", "--text", "a horse")
    assert "no space can read words yet\ncure:  coingraph embed --space minilm" in result.stderr


def test_a_coin_or_words_but_not_both() -> None:
    assert coingraph("find").exit_code == 2
    assert coingraph("find", "museum/1", "--text", "a horse").exit_code == 2


@pytest.mark.long
def test_a_photograph_cannot_be_compared_with_descriptions(described: Database, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (19, 19)).save(tmp_path / "new.png")
    result = coingraph("find", str(tmp_path / "new.png"), "--space", "test-words")
    assert result.exit_code == 1
    assert "test-words reads texts; it cannot look at pictures" in result.stderr


@pytest.mark.long
def test_names_are_given_by_the_softmax_of_cosines(db: Database, seen: str, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("# reverses\nhorse\n\nboar\nwheel\n")
    words = encoder_of(space_of_words(db, seen)).encode([f"coin with {name}" for name in ("horse", "boar", "wheel")])
    ids, _ = read_vectors(db, "open_clip_tiny_clip", "obverse")
    # Pictures exactly as the text tower would have them: each name's own, and one between two.
    pictures = np.stack([words[0], words[1], words[2], words[0] + words[1]])
    store_vectors(db, "open_clip_tiny_clip", ids, ["x"] * 4, pictures)
    db.write("MATCH (c:Coin {id: 'museum/coin 0'}) CREATE (c)-[:OF_TYPE]->(:CoinType {name: 'Horse'})")
    result = coingraph(
        "types", "--zero-shot", str(labels), "--space", seen, "--template", "coin with {label}", "--json"
    )
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert [row["label"] for row in rows[:3]] == ["horse", "boar", "wheel"]
    assert {rows[3]["label"], rows[3]["second"]} == {"horse", "boar"}
    unit = words / np.linalg.norm(words, axis=1, keepdims=True)
    raised = np.exp(100 * (unit @ unit[0]) - 100)
    assert rows[0]["probability"] == pytest.approx(raised[0] / raised.sum(), abs=1e-4)
    assert (rows[0]["obverse"], rows[0]["reverse"]) == ("horse", None)
    assert "the type of 1 coins is among the names; for 1 of them it was found" in result.stderr


@pytest.mark.long
def test_descriptions_are_no_pictures(described: Database, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("horse\nboar\n")
    result = coingraph("types", "--zero-shot", str(tmp_path / "labels.txt"), "--space", "test-words")
    assert result.exit_code == 1
    assert "'test-words' holds descriptions, not pictures: embed with clip-vit-b32" in result.stderr


@pytest.mark.long
def test_without_a_space_as_clip_sees_the_way_to_one_is_shown(described: Database, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("horse\nboar\n")
    result = coingraph("types", "--zero-shot", str(tmp_path / "labels.txt"))
    assert "no space sees pictures as CLIP does: embed with clip-vit-b32" in result.stderr


@pytest.mark.long
def test_names_need_no_space_named_where_one_sees(db: Database, seen: str, tmp_path: Path) -> None:
    """Spaces of words beside it are no choice: they see nothing."""
    (tmp_path / "labels.txt").write_text("horse\nboar\n")
    db.write("MATCH (c:Coin) SET c.shows = 'a horse', c.columns = ['shows']")
    coingraph("embed", "--space", "test-words", "--template", "{shows}")
    rows = json.loads(coingraph("types", "--zero-shot", str(tmp_path / "labels.txt"), "--json").stdout)
    assert len(rows) == 4


@pytest.mark.parametrize("text", ["", "horse\n", "# horse\n# boar\n", "horse\nhorse\n"])
def test_names_to_choose_from_are_at_least_two(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels.txt").write_text(text)
    with pytest.raises(BadLabels, match="at least two names"):
        read_labels(tmp_path / "labels.txt")


@pytest.mark.long
def test_types_are_listed_with_their_coins(described: Database) -> None:
    assert json.loads(coingraph("types", "--json").stdout) == [{"type": "Horse", "coins": 2, "predicted": 0}]
