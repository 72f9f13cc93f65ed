"""The steps that bring ingest, embed and graph together: each can be stopped at any moment and run again."""

from graph.communities import remove_partition
from graph.lock import Busy, exclusive
from graph.replacing import remove_space
from graph.spaces import set_default_space
from pipeline.analyze import analyze
from pipeline.calibrate import calibrate, forget_probabilities, read_reliability
from pipeline.demo import demo
from pipeline.derive import fuse, transform
from pipeline.dies import dies, remove_dies
from pipeline.embed import EmbedOptions, EmbedResult, NothingToEmbed, embed
from pipeline.evaluate import SameSpace, compare, evaluate
from pipeline.exchange import export_space, import_space
from pipeline.export import export_graph
from pipeline.ingest import foresee, ingest, remove_collection, undo_ingest
from pipeline.link import link
from pipeline.match import match
from pipeline.proposing import clear_proposals, propose
from pipeline.run import run
from pipeline.similar import LinkOptions
from pipeline.status import Status, server_status
from pipeline.sweep import sweep
from pipeline.train import Trained, train
