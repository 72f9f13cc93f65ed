# ruff: noqa: RUF001  (letters of several alphabets look alike, and that is the point)
"""The words for the two sides of a coin in the languages of those who name photographs, folders and columns."""

import unicodedata
from itertools import product
from typing import Literal

from ingest.words import fold, split_words

Face = Literal["obverse", "reverse"]
FACES: tuple[Face, Face] = ("obverse", "reverse")

#: Words for the obverse / words for the reverse. Words that mean other things as well come behind the bar.
_TEXTS = {
    "English": "obverse obverses obv obvs | head heads front / reverse reverses rev revs | tail tails back",
    "German": """vorderseite vorderseiten vs avers averse aversen av | vorne /
        rückseite rückseiten rueckseite rueckseiten rs revers reversen rv | hinten""",
    "French": "avers | droit droits face faces / revers | pile piles dos",
    "Italian": "dritto diritto dritti diritti | fronte testa / rovescio rovesci | retro croce",
    "Spanish": "anverso anversos anv | cara caras / reverso reversos rvso | cruz",
    "Portuguese": "anverso anversos averso | frente cara / reverso reversos | coroa",
    "Dutch": "voorzijde voorzijden voorzijdes | vz voorkant kop / achterzijde keerzijde keerzijden | kz az achterkant",
    "Polish": "awers awersy awersu | aw przód / rewers rewersy rewersu rew | rw tył",
    "Czech": "averz averzy | líc líce lícní lícová / reverz reverzy | rub rubu rubová",
    "Slovak": "averz | líc lícna / reverz | rub rubová",
    "Swedish": "åtsida åtsidan åtsidor advers | framsida framsidan / frånsida frånsidan frånsidor | baksida baksidan",
    "Danish": "advers | forside / revers | bagside bakside",
    "Hungarian": "előlap előlapja előlapi előoldal előlapok / hátlap hátlapja hátlapi hátoldal hátlapok",
    "Catalan": "anvers anversos | davant / revers revés | darrere creu",
    "Romanian": "avers aversul | față / revers reversul | spate",
    "Russian": "аверс аверсы ав лицевая | лс орел орёл лицо / реверс реверсы рев рв оборотная | ос решка оборот",
    "Ukrainian": "аверс аверси лицьова / реверс реверси зворотна",
    "Greek": """εμπροσθότυπος εμπροσθότυποι εμπροσθότυπο εμπρόσθια εμπρ πρόσθια | κορώνα μπροστά /
        οπισθότυπος οπισθότυποι οπισθότυπο οπίσθια οπισθ | γράμματα πίσω""",
    "Turkish": "önyüz | ön tura / arkayüz | arka yazı",
    "Latin": "recto adversa aversa / verso reversa",
}
#: The words for each side by language, with the bar.
LANGUAGES = {language: tuple(" ".join(side.split()) for side in text.split("/")) for language, text in _TEXTS.items()}
#: Single letters that stand for the sides, as initials of these words do.
LETTERS = [(pair[0], pair[1]) for pair in ("ar", "or", "vr", "dr", "fb", "ht", "vk", "eh", "ар", "ло", "εο")]
#: Words that stand beside such a word in a folder's or a column's name and say nothing.
_PLAIN_TEXT = """
    image images img imgs picture pictures pics photo photos photograph photographs foto fotos fotografien bild
    bilder aufnahmen scan scans thumbnails coins münzen muenzen jpg jpeg png tif tiff webp heic side sides seite
    seiten of the fotografie fotografia fotografias fotografías imagen imagenes imágenes imagem imagens immagine
    immagini afbeelding afbeeldingen zdjęcie zdjęcia obraz obrazy bilde kép képek фото фотографии изображения
    φωτογραφία φωτογραφίες fotoğraf fotoğraflar resim côté cote cara lato lado zijde strona strana сторона όψη yüz
    sida oldal monnaies monedas moedas monete munten monety mince монеты νομίσματα sikkeler
"""
PLAIN_WORDS = frozenset(_PLAIN_TEXT.split())
_PLAIN = frozenset(map(fold, PLAIN_WORDS))


def _collected() -> tuple[dict[str, Face], frozenset[str], list[tuple[str, str]]]:
    """Every word with its face, those that mean other things as well, and the pairs of one language."""
    faces: dict[str, Face] = {}
    clear: set[str] = set()
    pairs: list[tuple[str, str]] = []
    for sides in LANGUAGES.values():
        every = [side.replace("|", "").split() for side in sides]
        for face, words, side in zip(FACES, every, sides, strict=True):
            faces |= {spelling: face for word in words for spelling in (word, fold(word))}
            clear.update(map(fold, side.partition("|")[0].split()))
        pairs += product(map(fold, every[0]), map(fold, every[1]))
    return faces, frozenset(word for word in faces if fold(word) not in clear), pairs


#: Every word, with its accents and without, and its face; those that mean other things as well; pairs of a language.
FACE_WORDS, VAGUE_WORDS, PAIRS = _collected()
_PLACE_OF_PAIR = {pair: place for place, pair in reversed(list(enumerate(PAIRS)))}
#: What the group ``side`` of a pattern may hold beside the words.
_SHORT: dict[str, Face] = {
    **dict.fromkeys(("a", "o", "v", "f", "h", "1", "01"), "obverse"),
    **dict.fromkeys(("r", "b", "t", "2", "02"), "reverse"),
}


def face_of(name: str) -> Face | None:
    """The face that a folder or a column is named after: `Obverse`, `01 Vorderseiten`, `ön yüz`; else None."""
    told = split_words(fold(unicodedata.normalize("NFC", name)))
    telling = [word for word in told if word not in _PLAIN] or [word for word in told if word in FACE_WORDS]
    return FACE_WORDS.get(telling[0]) if len(telling) == 1 else None


def face_of_side(text: str) -> Face | None:
    """The face that the group ``side`` of a pattern tells: a word, an initial, 1 or 2."""
    short = fold(text.strip())
    return FACE_WORDS.get(short) or _SHORT.get(short) or face_of(text)


def vague(name: str) -> bool:
    """Whether a name of a face may as well name a type: `Head`, `Droit`."""
    return any(fold(word) in VAGUE_WORDS for word in split_words(name))


def likely_first(pair: tuple[str, str]) -> int:
    """For sorting pairs of folded words: those of one language first, as the languages stand here."""
    return _PLACE_OF_PAIR.get(pair, len(PAIRS))


def known_words() -> str:
    """Some of the words for the sides, for messages."""
    first = ["/".join(side.split()[0] for side in LANGUAGES[language]) for language in ("English", "German", "French")]
    return f"{', '.join(first)} and those of {len(LANGUAGES) - 3} other languages"
