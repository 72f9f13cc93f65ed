"""The words of the page: one catalogue of all that templates, scripts and the package say; a translation is a file."""

from pathlib import Path

import pytest

from explore.page import words


def test_the_catalogue_is_up_to_date(tmp_path: Path) -> None:
    words.write_catalogue(tmp_path / "coingraph.pot")
    assert (tmp_path / "coingraph.pot").read_text("utf-8") == words.POT.read_text("utf-8"), "run `make docs`"


def test_templates_scripts_and_the_package_are_in_it() -> None:
    kinds = {kind for _file, kind, _line, _message in words.messages()}
    assert kinds == {"python", "jinja2", "javascript"}


def test_a_translation_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "de.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\nLanguage: de\\n'
        'Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "Coins"\nmsgstr "Münzen"\n\n'
        'msgid "{count} coin"\nmsgid_plural "{count} coins"\nmsgstr[0] "{count} Münze"\nmsgstr[1] "{count} Münzen"\n',
        "utf-8",
    )
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    monkeypatch.setenv("COINGRAPH_LANGUAGE", "de")
    words.words.cache_clear()
    try:
        assert words._("Coins") == "Münzen"
        assert words._("Verdicts") == "Verdicts"
        assert [words.counted("{count} coin", "{count} coins", number) for number in (1, 2)] == ["1 Münze", "2 Münzen"]
        assert words.for_scripts()["{count} coin"] == ["{count} Münze", "{count} Münzen"]
    finally:
        words.words.cache_clear()


def test_english_needs_no_file() -> None:
    assert words.for_scripts() == {}
    assert words.counted("{count} coin", "{count} coins", 1200) == "1,200 coins"
