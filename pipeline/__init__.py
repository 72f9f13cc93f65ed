"""The steps that bring ingest, embed and graph together: each can be stopped at any moment and run again."""

from graph.lock import Busy, exclusive
from pipeline.analyzing import analyze, remove_partition
from pipeline.collections import foresee, ingest, remove_collection, undo_ingest
from pipeline.comparing import SameSpace, compare
from pipeline.deriving import fuse, import_space, transform
from pipeline.die_study import dies, remove_dies
from pipeline.embedded import EmbedResult, NothingToEmbed
from pipeline.embedding import embed, remove_space, set_default_space
from pipeline.evaluating import evaluate
from pipeline.linking import link
from pipeline.matching import match
from pipeline.proposing import calibrate, clear_proposals, forget_probabilities, propose
from pipeline.sweeping import sweep
from pipeline.training import Trained, train
from pipeline.whole import run

__all__ = [
    "Busy",
    "EmbedResult",
    "NothingToEmbed",
    "SameSpace",
    "Trained",
    "analyze",
    "calibrate",
    "clear_proposals",
    "compare",
    "dies",
    "embed",
    "evaluate",
    "exclusive",
    "foresee",
    "forget_probabilities",
    "fuse",
    "import_space",
    "ingest",
    "link",
    "match",
    "propose",
    "remove_collection",
    "remove_dies",
    "remove_partition",
    "remove_space",
    "run",
    "set_default_space",
    "sweep",
    "train",
    "transform",
    "undo_ingest",
]
