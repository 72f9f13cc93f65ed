"""The columns of all tables: their heads, how their values are written, and which a narrow terminal does without."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """``name`` is that in JSON, in CSV and for `--columns`; ``head`` stands above the column in a table.

    ``shape`` says how a value is written: ``coin`` and ``id`` are never shortened, ``name`` is; ``faces`` is a list of
    faces, ``time`` an ISO time; ``probability``, ``percentile``, ``cosine``, ``share``, ``grams``, ``mm`` and ``hours``
    are numbers. Without a shape a value is written by what it is. ``later`` columns stand behind all others.
    """

    name: str
    head: str
    shape: str = ""
    later: bool = False


def _declared(shape: str, heads: dict[str, str], later: bool = False) -> list[Column]:
    return [Column(name, head, shape, later) for name, head in heads.items()]


COLUMNS = {
    column.name: column
    for column in [
        *_declared(
            "coin",
            {
                "coin": "coin",
                "other": "other",
                "nearest": "nearest",
                "like": "nearest",
                "most_like": "nearest",
                "nearest_there": "nearest there",
                "closest": "closest",
                "to": "to",
                "obverse_like_reverse_of": "obv like rev of",
                "reverse_like_obverse_of": "rev like obv of",
                "most_typical": "most typical",
                "obverse_like": "obv like",
                "reverse_like": "rev like",
            },
        ),
        *_declared(
            "name",
            {
                "type": "type",
                "other_type": "other type",
                "their_type": "their type",
                "nearest_type": "its type",
                "neighbours_say": "rather",
                "rather": "rather",
                "catalogued": "type",
                "likeliest": "likeliest",
                "proposed": "proposed",
                "or": "or",
                "or_rather": "or",
                "main_type": "main type",
                "obverse_of": "obverse of",
                "reverse_of": "reverse of",
                "second": "or",
                "label": "named",
                "text": "text",
                "mint": "mint",
                "findspot": "findspot",
                "community": "community",
                "other_community": "other community",
                "split_into": "split into",
                "question": "question",
                "folder": "folder",
                "source": "folder",
                "legend_read": "read",
                "recorded": "recorded",
                "likely": "likely",
            },
        ),
        *_declared(
            "id",
            {
                "name": "name",
                "collection": "collection",
                "space": "space",
                "partition": "partition",
                "id": "partition",
                "face": "side",
                "side": "side",
                "sides": "sides",
                "lacks": "lacks",
                "has": "has",
                "suggests": "suggests",
                "alike": "alike",
                "by": "by",
                "die": "die",
                "other_die": "other die",
                "obverse_die": "obverse die",
                "reverse_die": "reverse die",
                "dies": "dies",
                "run": "run",
                "interval": "95 % interval",
                "percentile_chosen": "percentile",
            },
        ),
        *_declared("faces", {"mutual": "mutual", "faces": "sides"}),
        *_declared(
            "probability",
            {
                "probability": "prob.",
                "probability_own": "prob.",
                "its_probability": "prob.",
                "probability_other": "prob.",
                "or_probability": "prob.",
                "same_type": "same type",
                "second_probability": "prob.",
                "none_of_these": "none of these",
            },
        ),
        *_declared(
            "percentile",
            {
                "score": "%",
                "other_score": "% there",
                "mean_score": "mean %",
                "percentile": "%",
                "obverse_percentile": "obv %",
                "reverse_percentile": "rev %",
            },
        ),
        *_declared(
            "cosine",
            {
                "cosine": "cosine",
                "obverse": "obv cosine",
                "reverse": "rev cosine",
                "next": "next",
                "margin": "margin",
                "match_score": "score",
                "obverse_across": "obv across",
                "obverse_own": "obv own",
                "reverse_across": "rev across",
                "reverse_own": "rev own",
                "modularity": "modularity",
                "value": "value",
                "chance": "chance",
                "colour_and_size": "colour and size",
            },
        ),
        *_declared(
            "share",
            {
                "share": "share",
                "share_own": "for its type",
                "share_other": "for rather",
                "purity": "purity",
                "largest": "largest",
                "confirmed": "confirmed",
                "obverse_share": "obv votes",
                "reverse_share": "rev votes",
                "reached": "reached",
                "agree": "agree",
            },
        ),
        *_declared("grams", {"weight_g": "g", "weight": "g", "other_weight": "other g"}),
        *_declared("mm", {"diameter_mm": "mm", "diameter": "mm"}),
        *_declared("hours", {"die_axis_h": "axis, h"}),
        *_declared("time", {"read": "read", "made": "made", "changed": "read", "started": "started", "at": "when"}),
        *_declared(
            "",
            {
                "inliers": "points",
                "predicted": "proposed",
                "embedded": "sides",
                "edges_per_coin": "a coin",
                "sure": "sure letters",
                "stability": "stable",
            },
        ),
        *_declared("", {"information": "bits told", "looked_at": "looked at", "times_mean": "times the mean"}),
        # What chance would give, and what says how an answer was found, stand behind the answer.
        *_declared("", {"expected": "by chance", "expected_obverse": "obv by chance"}, later=True),
        *_declared("", {"expected_reverse": "rev by chance", "expected_rank": "rank by chance"}, later=True),
        *_declared("", {"times_expected": "times chance", "by_chance": "by chance"}, later=False),
        *_declared("id", {"evidence": "by", "slug": "slug"}, later=True),
        *_declared("", {"without_text": "without text", "same_file": "same file"}, later=True),
        *_declared("coin", {"also_like": "also like", "struck": "struck"}, later=True),
    ]
}
