"""What a step of embedding gives back."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from errors import CoingraphError

if TYPE_CHECKING:
    from graph.spaces import SpaceRecord
    from ingest.records import Skipped


class NothingToEmbed(CoingraphError):
    """There are no photographs, or none of them can be used."""


class WouldLoseVectors(CoingraphError):
    """A space made anew would lack sides that the old one has."""


@dataclass(frozen=True)
class EmbedResult:
    """What a run of `embed` did: sides that got a vector, that had theirs already, and pictures that were skipped.

    ``fitted_on`` is the number of sides there were when the space's transform was fitted, None where it has none;
    ``without_picture`` counts the sides that came with imported vectors only, ``without_text`` those of whose coins a
    template knows nothing; ``uncut`` those whose coin was not cut out of its picture, because its outline is not sure.
    ``edges_gone`` counts the edges of the former vectors of a space that was made anew.
    """

    space: "SpaceRecord"
    embedded: int
    unchanged: int
    skipped: "list[Skipped]"
    fitted_on: int | None = None
    without_picture: int = 0
    without_text: int = 0
    uncut: int = 0
    edges_gone: int = 0

    @property
    def outgrown(self) -> bool:
        """Whether fitting the transform anew would help: there are half as many sides again."""
        return self.fitted_on is not None and 2 * (self.embedded + self.unchanged) >= 3 * self.fitted_on
