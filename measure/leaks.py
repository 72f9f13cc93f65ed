"""Whether a space was told what it is to be scored by."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from errors import CoingraphError

#: A field tells a label where, among coins that share its value, it leaves no more than this part of the label open.
OPEN = 0.05


class KnowsTheLabel(CoingraphError):
    """A space that is to be scored by what went into it."""


def leak(fields: Sequence[str], values: Mapping[str, Mapping[str, str]], label: str, labels: Mapping[str, str]) -> str:
    """How a space made from ``fields`` knows the label, in words; empty where nothing shows that it does.

    ``values`` are those of each field by coin, ``labels`` those of ``label``. All fields together are tried as well.
    """
    if label in fields:
        return f"{label} went into it"
    for field in fields:
        if determines(values.get(field, {}), labels):
            return f"{field}, which tells {label}, went into it"
    together = {coin: " | ".join(values[f].get(coin, "") for f in fields if f in values) for coin in labels}
    if len(fields) > 1 and determines(together, labels):
        return f"{', '.join(fields)}, which together tell {label}, went into it"
    return ""


def determines(field: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether who knows a coin's field knows its label: guessing the commonest label of the value is (nearly) always
    right where it would else be wrong. Only values that two coins share tell anything (Goodman and Kruskal 1954).
    """
    by_value: dict[str, list[str]] = defaultdict(list)
    for coin, value in field.items():
        if coin in labels:
            by_value[value].append(labels[coin])
    shared = [found for found in by_value.values() if len(found) > 1]
    coins = sum(map(len, shared))
    if not coins:
        return False
    wrong = coins - sum(_commonest(found) for found in shared)
    wrong_without = coins - _commonest([label for found in shared for label in found])
    return wrong <= OPEN * wrong_without if wrong_without else False


def _commonest(found: Sequence[str]) -> int:
    return Counter(found).most_common(1)[0][1]
