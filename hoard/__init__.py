"""The sample hoard: photographs made by the program that look like struck coins, with known answers."""

from hoard.make import BadHoard, ForeignFolder, HoardTruth, make_hoard, read_truth
from hoard.plan import Plant

__all__ = ["BadHoard", "ForeignFolder", "HoardTruth", "Plant", "make_hoard", "read_truth"]
