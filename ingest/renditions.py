"""Several files of one photograph: sizes for the web, thumbnails, edited copies. What marks them in a name."""

import re

from ingest.faces import PLAIN_WORDS, fold

#: Marks that mean nothing else at the end of a name, or as a folder's name.
_SURE = (
    r"width\d{2,4}|height\d{2,4}|\d{2,5} ?x ?\d{2,5}|\d{2,5} ?px|\d{2,4} ?dpi|[2-4]x|thumbs?|thumbnails?|thb|tn"
    r"|previews?|vorschau|icons?|edited|edit|retouched|bearbeitet|retouche|edytowane|scaled|resized|rescaled|verkleinert|compressed"
    r"|cropped|crop|lowres|low res|hires|hi res|highres|high res|fullsize|full size|web|opt|orig|originals?|masters?"
    r"|noscale|e\d{9,13}|vignettes?|miniatures?|miniature|miniaturas?|miniaturki|derivatives?|access|dzi"
)
#: Marks that may as well be part of a coin's name: they count behind the word for a side, and beside a file without.
_LIKELY = (
    r"small|medium|large|big|full|mini|micro|low|high|hi|s|m|l|xl|xs|sm|md|lg|th|w\d{2,4}|\d{2,4}w|h\d{2,4}|\d{2,4}h"
    r"|klein|mittel|gross|groß|petite?|moyen|grande?|piccol[oa]|medi[oa]|pequeno|pequena|groot|maly|duzy|liten|stor"
)
_BEFORE = r"(?:[\s._\-(\[]+|@|(?<=\d)(?=@))"
_SURE_END = re.compile(rf"(?:{_BEFORE}(?:{_SURE})[)\]]*)+$")
_ANY_END = re.compile(rf"(?:(?:{_BEFORE}|^)(?:{_SURE}|{_LIKELY})[)\]]*)+$")
_SURE_START = re.compile(
    r"^(?:\d{2,5}px|copy of|kopie von|copie de|copia d[ei]|thumb(?:nail)?s?|tn|preview|resized|scaled|edited)[\s._-]+"
)
_FOLDER = re.compile(
    rf"(?:^|[\s._-]+)(?:{_SURE}|small|medium|large|big|full|mini|square|versions?|copies|kopien|exports?)(?=$|[\s._-])"
)


def base_of(stem: str) -> str:
    """A file's name without the marks of its rendition: `K9_obv` for `K9_obv.width350` and `thumb_K9_obv@2x`."""
    folded = fold(stem)
    start = _SURE_START.match(folded)
    end = _SURE_END.search(folded)
    base = stem[start.end() if start else 0 : end.start() if end else len(stem)]
    return base or stem


def likely_base_of(stem: str) -> str:
    """The same without the marks that may as well belong to the coin's name: `K9` for `K9_small`."""
    end = _ANY_END.search(fold(stem))
    return stem[: end.start()] if end and end.start() else stem


def only_marks(text: str) -> bool:
    """Whether what follows the word for a side says only which rendition a file is."""
    return bool(_ANY_END.fullmatch(fold(text)))


def is_folder_of_renditions(name: str) -> bool:
    """Whether a folder holds thumbnails, originals, sizes ..., and says nothing of coins."""
    rest = _FOLDER.sub(" ", fold(name)).split()
    return not rest or all(word in PLAIN_WORDS for word in rest)
