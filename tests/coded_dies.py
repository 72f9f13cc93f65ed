"""What geometry would find in a sample hoard, written from the truth: pairs that match, pairs of one die, die groups.

One pair of different types is made to speak for one die, as a chance likeness may: `false_friends`.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from dies.groups import CLEAR, die_groups
from graph import die_graph
from graph.connection import Database
from graph.matches import Looked, bring_matches, prepare_matches, write_matches, write_verified
from graph.runs import step
from hoard import HoardTruth, read_truth
from ingest.records import FACES, Face

SPACE, VERSION = "dies", "coded"


def dies_of(truth: HoardTruth, face: Face) -> dict[str, str]:
    """The true die of each photographed side."""
    return {
        f"hoard/{coin['id']}/{face}": coin[f"{coin['sides'][face]['shows']}_die"]
        for coin in read_truth(truth.folder)["coins"]
        if face in coin["sides"]
    }


def false_friends(truth: HoardTruth) -> tuple[str, str]:
    """An obverse of type 1 and one of type 2, each of the die that struck most."""
    dies = dies_of(truth, "obverse")
    chosen = []
    for kind in ("O1.", "O2."):
        die = Counter(die for die in dies.values() if die.startswith(kind)).most_common(1)[0][0]
        chosen.append(min(side for side, of in dies.items() if of == die))
    return min(chosen), max(chosen)


def write_dies(db: Database, truth: HoardTruth) -> None:
    """Records of all pairs of each face, their copies on `SIMILAR`, `SAME_DIE`, dies and their links."""
    friends = false_friends(truth)
    prepare_matches(db)
    with step(db, "dies", space=SPACE) as run:
        for face in FACES:
            dies = dies_of(truth, face)
            write_matches(db, _matches(dies), VERSION, run.id)
            write_verified(db, face, 25, 0.1)
            says = {pair: 1.0 if pair == friends else 4.0 if dies[pair[0]] == dies[pair[1]] else -4.0
                    for pair in combinations(sorted(dies), 2)}  # fmt: skip
            pairs = (die_graph.PairSays(*pair, 4.0, 0.5, 50) for pair in says)
            die_graph.write_evidence(db, pairs, VERSION, run.id)
            with db.atomic() as tx:
                die_graph.write_judgement(tx, says, {})
                clear = [pair for pair, value in says.items() if value > CLEAR]
                links = die_graph.draw_same_die(tx, face, VERSION, run, clear, [])
                claims = die_graph.Claims(links, 1.0, 1, 0, 0.1)
                die_graph.store_groups(tx, SPACE, face, die_groups(dies, says), says, {}, claims, run)
        with db.atomic() as tx:
            die_graph.link_dies(tx, SPACE)
    bring_matches(db, SPACE)


def _matches(dies: dict[str, str]) -> Iterator[Looked]:
    """As many inliers as a die (60), a type (25) or nothing (5) in common would give."""
    for one, two in combinations(sorted(dies), 2):
        same_type = dies[one].split(".")[0] == dies[two].split(".")[0]
        inliers = 60 if dies[one] == dies[two] else 25 if same_type else 5
        yield Looked(one, two, inliers, 0.4 if same_type else 0.05)
