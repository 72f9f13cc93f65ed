"""Vectors as files: what is refused and why, what finds its side, coins without photographs, and the way back."""

import json
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from click.testing import CliRunner, Result
from tiny_pictures import pictures

from cli import main
from graph.connection import Database
from graph.sides import Ambiguous, StoredSide, match_names, named_sides, short_names
from graph.spaces import read_vectors
from graph.vector_files import BadVectorFile, find_files, read_file, read_files, write_file

VECTORS = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
#: Three coins of which one was photographed on the obverse only.
OBVERSES, REVERSES = ["00012a00.jpg", "00016a00.jpg", "00020a00.jpg"], ["00012r00.jpg", "00016r00.jpg"]
TEXTS = [
    "This is the obverse of an ancient Celtic coin depicting Süddeutsche Kreuzmünzen.",
    "This is the obverse of an ancient Celtic coin depicting ohne Zuordnung.",
    "The obverse of this ancient Celtic coin has an unidentified design.",
]


def write(folder: Path, face: str, matrix: np.ndarray, names: list[str], texts: list[str] | None = None) -> Path:
    """The files of one face (`ob` or `rev`) in the thesis' layout; the path of the matrix."""
    folder.mkdir(exist_ok=True)
    np.save(folder / f"fused_embeddings_{face}.npy", matrix)
    (folder / f"fused_filenames_{face}.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    if texts is not None:
        (folder / f"fused_base_texts_{face}.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    return folder / f"fused_embeddings_{face}.npy"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    write(tmp_path / "published", "ob", VECTORS, OBVERSES, TEXTS)
    write(tmp_path / "published", "rev", VECTORS[:2], REVERSES)
    return tmp_path / "published"


def coingraph(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def vectors_by_side(db: Database, face: str, slug: str = "fused") -> dict[str, list[float]]:
    ids, matrix = read_vectors(db, slug, face)  # type: ignore[arg-type]
    return dict(zip(ids, matrix.tolist(), strict=True))


# --- files ----------------------------------------------------------------------------------------------------------


def test_a_file_with_its_lists(published: Path) -> None:
    paths = find_files(published)
    obverse, reverse = read_files(paths)
    assert (obverse.names, obverse.texts, obverse.dimension) == (OBVERSES, TEXTS, 4)
    assert reverse.texts is None and (reverse.rows([1]) == VECTORS[1]).all()


def test_any_name_with_its_lists_beside_it(tmp_path: Path) -> None:
    np.save(tmp_path / "mine.npy", VECTORS)
    (tmp_path / "mine.txt").write_text("\ufeffa.jpg\r\nb.jpg\r\nc.jpg\r\n\r\n", encoding="utf-8")
    (tmp_path / "mine_texts.txt").write_text("a horse\n\na wheel\n")
    file = read_file(tmp_path / "mine.npy", "obverse")
    assert (file.names, file.texts) == (["a.jpg", "b.jpg", "c.jpg"], ["a horse", "", "a wheel"])


def test_double_precision_is_taken_with_a_note(tmp_path: Path) -> None:
    file = read_file(write(tmp_path, "ob", VECTORS.astype(np.float64), OBVERSES), "obverse")
    assert file.rows([0]).dtype == np.float32 and "float64" in file.notes[0]


@pytest.mark.parametrize(
    ("matrix", "names", "said"),
    [
        (VECTORS[0], OBVERSES, "a row for each picture"),
        (VECTORS.astype(str), OBVERSES, "float32 is needed"),
        (np.array([[None]]), OBVERSES[:1], "as numbers, not as objects"),
        (np.ones((3, 4097), np.float32), OBVERSES, "1 to 4,096 numbers"),
        (VECTORS, OBVERSES[:2], "3 rows, and 2 names"),
        (VECTORS, ["a.jpg", "", "c.jpg"], "line 2"),
        (VECTORS, ["a.jpg", "b.jpg", "a.jpg"], "twice (a.jpg)"),
        (np.where(VECTORS[1, 2] == VECTORS, np.nan, VECTORS), OBVERSES, "00016a00.jpg (row 2)"),
        (VECTORS * [[1], [1], [0]], OBVERSES, "00020a00.jpg (row 3)"),
        (VECTORS.astype(np.float64) * 1e300, OBVERSES, "3 of 3 rows"),
    ],
)
def test_what_is_refused_and_why(tmp_path: Path, matrix: np.ndarray, names: list[str], said: str) -> None:
    with pytest.raises(BadVectorFile) as refused:
        read_file(write(tmp_path, "ob", matrix, names), "obverse")
    assert said in str(refused.value)


def test_no_matrix_no_list_too_few_texts(tmp_path: Path) -> None:
    (tmp_path / "text.npy").write_text("nothing of numpy")
    with pytest.raises(BadVectorFile, match="no matrix"):
        read_file(tmp_path / "text.npy", "obverse")
    np.save(tmp_path / "mine.npy", VECTORS)
    with pytest.raises(BadVectorFile, match=r"beside it, one a line, as mine\.txt"):
        read_file(tmp_path / "mine.npy", "obverse")
    with pytest.raises(BadVectorFile, match="2 lines and"):
        read_file(write(tmp_path, "ob", VECTORS, OBVERSES, TEXTS[:2]), "obverse")


def test_faces_of_different_length(tmp_path: Path) -> None:
    write(tmp_path, "ob", VECTORS, OBVERSES)
    write(tmp_path, "rev", VECTORS[:2, :3], REVERSES)
    with pytest.raises(BadVectorFile, match="two spaces"):
        read_files(find_files(tmp_path))


def test_a_folder_of_nothing_and_of_several(tmp_path: Path, published: Path) -> None:
    with pytest.raises(BadVectorFile, match="--obverse"):
        find_files(tmp_path)
    np.save(published / "other_embeddings_ob.npy", VECTORS)
    with pytest.raises(BadVectorFile, match="fused, other"):
        find_files(published)
    assert list(find_files(published, "other")) == ["obverse"]


# --- names ----------------------------------------------------------------------------------------------------------


def side(id_: str, path: str, collection: str = "museum") -> StoredSide:
    return StoredSide(id_, PurePosixPath(path), None, collection, True)


def test_folders_tell_pictures_of_one_name_apart() -> None:
    sides = [side("1", "/old/Horse/1.jpg"), side("2", "/old/Wheel/1.jpg"), side("3", "/old/Wheel/2.jpg")]
    assert short_names(sides) == ["Horse/1.jpg", "Wheel/1.jpg", "2.jpg"]
    matched = match_names(sides, "obverse", ["/new/Wheel/1.jpg", r"C:\new\Horse\1.jpg", "3.jpg"])
    assert {row: found.id for row, found in matched.items()} == {0: "2", 1: "1"}


def test_names_of_any_kind_are_written_and_found_again(db: Database, tmp_path: Path) -> None:
    names = [f"{name} 7_obv.png" for name in ("line\nbreak", "a\\b", "\rback", " before", "\x1b[31mred", "großer")]
    pictures(tmp_path / "photographs", *names)
    assert coingraph("ingest", tmp_path / "photographs", "--collection", "museum").exit_code == 0
    listed = named_sides(db, "obverse", "museum", "s")
    given = tmp_path / "vectors" / "s_embeddings_ob.npy"
    write_file(given.parent, "s", "obverse", short_names(listed), None, iter([np.eye(len(names), dtype=np.float32)]))
    read_back = read_file(given, "obverse")
    matched = match_names(listed, "obverse", read_back.names)
    assert [matched.get(row) for row in range(len(names))] == listed


def test_a_name_of_two_collections_is_not_guessed() -> None:
    sides = [side("a/1", "/a/1.jpg", "a"), side("b/1", "/b/1.jpg", "b")]
    with pytest.raises(Ambiguous, match=r"choose one by --collection \(a, b\)"):
        match_names(sides, "obverse", ["1.jpg"])


# --- the graph ------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_vectors_for_photographs_and_the_way_back(db: Database, published: Path, tmp_path: Path) -> None:
    pictures(tmp_path / "photographs", *OBVERSES[:2], *REVERSES)
    assert coingraph("ingest", tmp_path / "photographs", "--collection", "museum").exit_code == 0
    result = coingraph("spaces", "import", published, "--name", "Fused", "--field", "type", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["sides"] == {"obverse": 2, "reverse": 2}
    assert [skip["path"] for skip in found["unmatched"]] == ["00020a00.jpg"]
    space = found["space"]
    assert (space["model"], space["fields"], len(space["weights"])) == ("imported", ["type"], 64)
    assert space["weights_source"].startswith(str(published))
    stored = vectors_by_side(db, "obverse")
    assert stored == {"museum/00012/obverse": VECTORS[0].tolist(), "museum/00016/obverse": VECTORS[1].tolist()}

    assert coingraph("spaces", "export", "fused", tmp_path / "back").exit_code == 0
    obverse, reverse = read_files(find_files(tmp_path / "back"))
    assert (obverse.names, obverse.texts) == (OBVERSES[:2], TEXTS[:2])
    assert (reverse.names, reverse.texts) == (REVERSES, None)
    assert (obverse.rows([0, 1]) == VECTORS[:2]).all()
    assert coingraph("spaces", "import", tmp_path / "back", "--name", "again").exit_code == 0
    assert vectors_by_side(db, "obverse", "again") == stored

    assert coingraph("link", "--space", "fused").exit_code == 0
    assert "museum/00016" in coingraph("find", "00012", "--space", "fused").stdout
    other = pictures(tmp_path / "other", "x.png") / "x.png"
    assert "there is no model here" in coingraph("find", other, "--space", "fused").stderr


def create(folder: Path) -> Result:
    return coingraph("spaces", "import", folder, "--name", "fused", "--collection", "thesis", "--create")


def test_coins_without_photographs(db: Database, published: Path) -> None:
    result = create(published)
    assert result.exit_code == 0, result.output
    assert "made 3 coins, 5 sides without pictures; 0 rows not used" in result.stdout
    rows = db.read(
        "MATCH (c:Coin)-[:HAS_SIDE]->(s) OPTIONAL MATCH (c)-[o:OF_TYPE]->(t) "
        "RETURN c.id AS coin, count(s) AS sides, t.name AS type, o.source AS source ORDER BY coin"
    )
    assert [row["coin"] for row in rows] == ["thesis/00012", "thesis/00016", "thesis/00020"]
    assert [row["sides"] for row in rows] == [2, 2, 1]
    assert [row["type"] for row in rows] == ["Süddeutsche Kreuzmünzen", None, None]
    assert rows[0]["source"] == "table"
    made = "MATCH (s:Side {id: 'thesis/00012/obverse'}) RETURN keys(s) AS keys, s.file AS file, s.text_fused AS text"
    (kept,) = db.read(made)
    assert (kept["file"], kept["text"]) == (OBVERSES[0], TEXTS[0])
    assert not {"uri", "sha256", "width"} & set(kept["keys"])


@pytest.mark.long
def test_a_second_import_changes_nothing(db: Database, published: Path) -> None:
    create(published)
    everything = "MATCH (n) WHERE NOT n:Run RETURN n.id AS id, properties(n) AS p ORDER BY id, p.name"
    before = db.read(everything)
    result = create(published)
    assert "for 3 obverses and 2 reverses; 0 rows not used" in result.stdout
    assert db.read(everything) == before


@pytest.mark.long
def test_other_vectors_under_the_same_name_are_refused(db: Database, published: Path) -> None:
    create(published)
    write(published, "rev", VECTORS[1:], REVERSES)
    assert "spaces remove fused" in create(published).stderr
    write(published, "rev", VECTORS[:2], REVERSES[::-1])
    assert "spaces remove fused" in create(published).stderr
    assert len(vectors_by_side(db, "reverse")) == 2


@pytest.mark.long
def test_embed_passes_over_sides_without_pictures_until_they_come(
    db: Database, published: Path, tmp_path: Path
) -> None:
    create(published)
    assert "no photographs" in coingraph("embed", "--space", "test-pixels").stderr
    pictures(tmp_path / "photographs", OBVERSES[0], REVERSES[0])
    assert coingraph("ingest", tmp_path / "photographs", "--collection", "thesis").exit_code == 0
    assert db.read("MATCH (c:Coin)-[:HAS_SIDE]->(s) RETURN count(DISTINCT c) AS coins, count(s) AS sides") == [
        {"coins": 3, "sides": 5}
    ]
    result = coingraph("embed", "--space", "test-pixels")
    assert "2 sides embedded (64 numbers each), 0 were there already, 0 skipped, 3 have no picture" in result.stdout
    assert len(vectors_by_side(db, "obverse")) == 3


@pytest.mark.long
def test_a_name_in_the_wrong_list_makes_a_coin_of_its_own(db: Database, tmp_path: Path) -> None:
    write(tmp_path, "ob", VECTORS, ["A.1_a.jpg", "A.2_a.jpg", "A.2_r.jpg"])
    write(tmp_path, "rev", VECTORS[:2], ["A.1_r.jpg", "A.2_r.jpg"])
    result = create(tmp_path)
    assert "A.2_r.jpg is listed as obverse" in result.stderr
    assert set(vectors_by_side(db, "obverse")) == {f"thesis/{coin}/obverse" for coin in ("A.1", "A.2", "A.2_r")}


def test_nothing_of_these_names(db: Database, published: Path) -> None:
    result = coingraph("spaces", "import", published, "--name", "fused")
    assert result.exit_code == 1 and "--create" in result.stderr
    assert db.read("MATCH (s:Space) RETURN s") == []
