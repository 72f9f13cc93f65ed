"""The words of the page: one catalogue of messages (gettext), so that a translation is one file, `words/LANGUAGE.po`.

A message is its own English text. `python -m explore.page.words` writes all messages of templates, scripts and this
package to `words/coingraph.pot`, from which a translation begins.
"""

import io
import os
from collections.abc import Iterator
from functools import cache
from gettext import NullTranslations, c2py  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any

from babel.messages import extract
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

HERE = Path(__file__).parent
FOLDER = HERE / "words"
POT = FOLDER / "coingraph.pot"
KEYWORDS = {"_": None, "ngettext": (1, 2), "counted": (1, 2), "plural": (1, 2)}
#: What each kind of file is read by.
KINDS = {"*.py": "python", "templates/*.html": "jinja2", "static/*.js": "javascript"}


class Words(NullTranslations):
    """The messages of a language, by a `.po` file; what it lacks stays English."""

    def __init__(self, catalogue: Catalog | None = None):
        super().__init__()
        self.catalogue = catalogue or Catalog(locale="en")

    def gettext(self, message: str) -> str:
        found = self.catalogue.get(message)
        return str(found.string) if found and isinstance(found.string, str) and found.string else message

    def ngettext(self, one: str, many: str, number: int) -> str:
        forms = self.forms(one, many)
        return forms[min(int(c2py(self.catalogue.plural_expr)(number)), len(forms) - 1)]

    def forms(self, one: str, many: str) -> list[str]:
        """A message of a number in every form that the language has."""
        found = self.catalogue.get(one)
        if found and isinstance(found.string, tuple | list) and all(found.string):
            return list(found.string)
        return [one, many]


@cache
def words() -> Words:
    """The words of the language of `COINGRAPH_LANGUAGE`, of which there is a file; else English."""
    file = FOLDER / f"{Path(os.environ.get('COINGRAPH_LANGUAGE', 'en')).name}.po"
    if not file.is_file():
        return Words()
    with file.open("rb") as opened:
        return Words(read_po(opened))


def language() -> str:
    """The language of the page, as HTML names it."""
    return str(words().catalogue.locale_identifier or "en").replace("_", "-")


def _(message: str) -> str:
    """A message in the language of the page."""
    return words().gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    """One message or the other, by a number; both write it as ``{count}``, which stays to be filled in."""
    return words().ngettext(one, many, number)


def counted(one: str, many: str, number: int) -> str:
    """As `ngettext`, with the number in it."""
    return ngettext(one, many, number).format(count=f"{number:,}")


def plural(one: str, many: str) -> tuple[str, str]:
    """Two messages that `ngettext` is given later: here they are only seen to be messages."""
    return one, many


def messages() -> Iterator[tuple[str, str, int, Any]]:
    """Every message of the package: file, kind, line, and the text or the pair of texts."""
    for pattern, kind in KINDS.items():
        for path in sorted(HERE.glob(pattern)):
            with path.open("rb") as file:
                for line, message, _comments, _context in _extracted(kind, file):
                    yield str(path.relative_to(HERE)), kind, line, message


def for_scripts() -> dict[str, str | list[str]]:
    """The messages of the page's language by their English text; of a number every form. English needs none."""
    found: dict[str, str | list[str]] = {}
    for one in words().catalogue:
        if one.id and one.string:
            key = one.id if isinstance(one.id, str) else one.id[0]
            found[key] = one.string if isinstance(one.string, str) else list(one.string)
    return found


def write_catalogue(path: Path = POT) -> int:
    """Write all messages as a template of translations; how many there are."""
    catalogue = Catalog(project="coingraph", charset="utf-8", fuzzy=False)
    for file, _kind, _line, message in messages():
        catalogue.add(message, locations=[(file, 0)])
    written = io.BytesIO()
    write_po(written, catalogue, sort_output=True, omit_header=True, include_lineno=False)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(written.getvalue())
    return len(catalogue)


@cache
def environment() -> Environment:
    """What templates are made with. Whatever they are given is text: nothing of it is markup."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(words(), newstyle=False)  # type: ignore[attr-defined]
    return made


def template(name: str) -> Template:
    return environment().get_template(name)


def _extracted(kind: str, file: Any) -> Iterator[Any]:
    if kind == "jinja2":
        from jinja2.ext import babel_extract

        for line, function, found, comments in babel_extract(file, ("_", "ngettext"), [], {}):
            text: Any = tuple(found[:2]) if function == "ngettext" and isinstance(found, tuple) else found
            if text:
                yield line, text, comments, None
    else:
        yield from extract.extract(kind, file, KEYWORDS, options={"template_string": "true"})


if __name__ == "__main__":
    write_catalogue()
