"""Word lists by language, a file for each subject; and how words are compared: without accents and case."""

# ruff: noqa: RUF001 (letters of other scripts are meant)

import re
import unicodedata

#: Letters that Unicode does not take apart into a Latin letter and a mark.
UNDIVIDED = str.maketrans("łø", "lo")
#: Letters of Greek and Cyrillic that look like Latin ones.
LOOK_ALIKES = str.maketrans(
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοναρνιυκ" + "АВЕЅІЈКМНОРСТУХаеорсухіѕјв" + "０１２３４５６７８９",
    "ABEZHIKMNOPTYXovapviuk" + "ABESIJKMHOPCTYXaeopcyxisjb" + "0123456789",
)


def normal(name: str) -> str:
    """A name as text: in one spelling of the two that Unicode has for umlauts, and readable where it is not UTF-8.

    File names from macOS keep letter and dots apart; those from old systems are taken for western European.
    """
    readable = re.sub("[\udc80-\udcff]+", _western, name)
    return unicodedata.normalize("NFC", re.sub("[\ud800-\udfff]", "\ufffd", readable))


def _western(found: re.Match[str]) -> str:
    """Bytes that are not UTF-8, as western European; the five that cp1252 leaves open as Latin-1 has them."""
    content = found.group().encode("utf-8", "surrogateescape")
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def bare(text: str) -> str:
    """In lower case without accents; ligatures and the like are taken apart, the dotless i of Turkish is an i."""
    apart = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()


def fold(text: str) -> str:
    """In lower case without accents, each letter in its place: as long as the (composed) text."""
    return "".join(map(_plain_letter, text))


def _plain_letter(letter: str) -> str:
    plain = unicodedata.normalize("NFD", letter)[0].lower().translate(UNDIVIDED)
    plain = {"ı": "i", "ς": "σ"}.get(plain, plain)
    return plain if len(plain) == 1 else letter


def without_look_alikes(text: str) -> str:
    """With Greek and Cyrillic letters, and wide digits, as the Latin ones that they look like."""
    return text.translate(LOOK_ALIKES)


def split_words(name: str) -> list[str]:
    """Runs of letters, in lower case."""
    return re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", name).casefold())


def phrases(listed: str) -> list[str]:
    """The phrases of a list, which commas and line breaks separate."""
    return [phrase.strip() for phrase in re.split("[,\n]", listed) if phrase.strip()]
