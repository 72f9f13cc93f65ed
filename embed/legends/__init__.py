"""Legends: the rim of a coin unwrapped, its letters read by a network that saw drawn strips only, and compared."""
