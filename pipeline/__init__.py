"""The steps that bring ingest, embed and graph together: each can be stopped at any moment and run again."""

from graph.communities import remove_partition
from graph.lock import Busy, exclusive
from graph.replacing import remove_space
from pipeline.analyze import analyze
from pipeline.ingest import foresee, ingest, remove_collection, undo_ingest
from pipeline.comparing import SameSpace, compare
from pipeline.derive import fuse, import_space, transform
from pipeline.dies import dies
from pipeline.embedded import EmbedResult, NothingToEmbed
from pipeline.embed import embed
from pipeline.evaluating import evaluate
from pipeline.link import link
from pipeline.match import match
from pipeline.proposing import calibrate, clear_proposals, forget_probabilities, propose
from pipeline.sweeping import sweep
from pipeline.train import Trained, train
from pipeline.run import run

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
    "remove_partition",
    "remove_space",
    "run",
    "sweep",
    "train",
    "transform",
    "undo_ingest",
]
