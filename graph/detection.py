"""Community detection on a projection: which algorithm takes which option, and how each community holds together."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from errors import BadOption, CoingraphError
from graph.connection import Database
from graph.projection import LAYERS, WITHIN, Projection

if TYPE_CHECKING:
    from measure.coinset import Network

ALGORITHMS = ("leiden", "louvain", "label-propagation", "wcc", "hdbscan")

#: The options that each algorithm has, beside space and face.
OPTIONS = {
    "leiden": {"percentile", "resolution", "seed"},
    "louvain": {"percentile"},
    "label-propagation": {"percentile"},
    "wcc": {"percentile"},
    "hdbscan": set[str](),
}

#: Smallest cluster of HDBSCAN, and the neighbours that make its density: a type of which three coins are known counts.
SMALLEST_CLUSTER = 3

EDGES = "{edges} RETURN a.id AS a, b.id AS b, r.{strength} AS strength"


class NoHdbscan(CoingraphError):
    """The server's GDS has no HDBSCAN."""


@dataclass(frozen=True)
class Options:
    """What was asked for. None stands for the default, which `completed` fills in where the algorithm has one.

    ``collections`` are the only ones that are grouped; none stand for all. ``within`` is the resolution of coarser
    communities, each of which is divided by itself.
    """

    algorithm: str = "leiden"
    face: str = "both"
    percentile: float | None = None
    resolution: float | None = None
    seed: int | None = None
    collections: tuple[str, ...] = ()
    within: float | None = None

    def completed(self) -> "Options":
        """The same with the algorithm's defaults; raises `BadOption` for options that it does not have."""
        if self.algorithm not in OPTIONS:
            raise BadOption(f"no algorithm {self.algorithm!r}; there are {', '.join(ALGORITHMS)}")
        if self.face not in LAYERS:
            raise BadOption(f"no face {self.face!r}; there are {', '.join(LAYERS)}")
        has = OPTIONS[self.algorithm]
        for name in ("percentile", "resolution", "seed"):
            if getattr(self, name) is not None and name not in has:
                able = [algorithm for algorithm in ALGORITHMS if name in OPTIONS[algorithm]]
                raise BadOption(f"{self.algorithm} has no --{name}; it belongs to {', '.join(able)}")
        if self.algorithm == "hdbscan" and self.face == "both":
            raise BadOption("hdbscan works on the vectors of one face: add --face obverse or --face reverse")
        if self.percentile is not None and not 0 <= self.percentile <= 100:
            raise BadOption(f"--percentile is a number from 0 to 100, not {self.percentile:g}")
        if self.resolution is not None and not self.resolution > 0:
            raise BadOption(f"--resolution is a number above 0, not {self.resolution:g}")
        if self.seed is not None and self.seed < 0:
            raise BadOption(f"--seed is a whole number from 0, not {self.seed}")
        if self.algorithm != "leiden":
            return self
        return replace(
            self,
            resolution=1.0 if self.resolution is None else float(self.resolution),
            seed=1 if self.seed is None else self.seed,
        )

    @property
    def short(self) -> str:
        """The parameters as the end of a partition's id: ``auto-g1-seed1``, ``p99.5``, ``min3-of-niho``,
        ``auto-g4-g1-seed1`` (resolution 4 within 1).

        No name of a collection brings a slash, which parts a partition's id from the number of a community.
        """
        percentile = "auto" if self.percentile is None else f"p{self.percentile!r}".removesuffix(".0")
        parts = [f"min{SMALLEST_CLUSTER}" if self.algorithm == "hdbscan" else percentile]
        parts += [f"g{value!r}".removesuffix(".0") for value in (self.resolution, self.within) if value is not None]
        parts += [] if self.seed is None else [f"seed{self.seed}"]
        names = (re.sub("[%/+]", lambda sign: f"%{ord(sign[0]):02X}", name) for name in sorted(self.collections))
        parts += [f"of-{'+'.join(names)}"] if self.collections else []
        return "-".join(parts)


@dataclass(frozen=True)
class Community:
    """Coins (or sides) that belong together. ``number`` counts from 1, the largest first.

    ``conductance``: the share of the edges' weight at its members that leaves it (0: none). ``bottleneck``: percentile
    of the weakest edge of its maximum spanning tree, the edge that holds its loosest part; ``loosest_pair``: the two
    members that this edge joins, ``id | id``. Both are None where its members are not joined by edges among themselves.
    """

    number: int
    members: list[str]
    conductance: float | None
    bottleneck: float | None
    loosest_pair: str | None


@dataclass(frozen=True)
class Detection:
    """The communities of two members and more; ``alone`` counts the others. ``modularity`` is weighted."""

    communities: list[Community]
    alone: int
    modularity: float


def detect(db: Database, projection: Projection, options: Options) -> Detection:
    """Find the communities of a projection. ``options`` must be completed. Raises `NoHdbscan`.

    The same projection and options give the same communities under the same numbers: one thread, and numbers by size,
    then by smallest member.
    """
    with db.explained():
        _run_algorithm(db, projection, options)
        gds, graph = db.gds, projection.graph
        found = gds.graph.node_properties.stream(graph, ["community"], db_node_properties=["id"])
        conductances = gds.conductance.stream(graph, "community", relationship_weight_property="weight", concurrency=1)
        modularity = gds.modularity.stats(graph, "community", relationship_weight_property="weight").modularity
    groups = number(dict(zip(found["id"], found["community"], strict=True)), noise=options.algorithm == "hdbscan")
    conductance = dict(zip(conductances["community"], conductances["conductance"], strict=True))
    weakest = weakest_edges([members for _, members in groups], _edges(db, projection))
    communities = [
        Community(n, members, _number(conductance.get(label)), *weakest[n - 1])
        for n, (label, members) in enumerate(groups, 1)
    ]
    return Detection(communities, projection.nodes - sum(len(c.members) for c in communities), float(modularity))


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _run_algorithm(db: Database, projection: Projection, options: Options) -> None:
    """Leave each node's community in the projection as ``community``, by one thread so that it can be repeated."""
    gds, graph = db.gds, projection.graph
    if options.algorithm == "leiden":
        assert options.resolution is not None
        gds.leiden.mutate(
            graph,
            "community",
            gamma=options.resolution,
            random_seed=options.seed,
            relationship_types=[WITHIN],
            relationship_weight_property="weight",
            concurrency=1,
        )
    elif options.algorithm == "louvain":
        gds.louvain.mutate(graph, "community", relationship_weight_property="weight", concurrency=1)
    elif options.algorithm == "label-propagation":
        gds.label_propagation.mutate(graph, "community", relationship_weight_property="weight", concurrency=1)
    elif options.algorithm == "wcc":
        gds.wcc.mutate(graph, "community", concurrency=1)
    else:
        if not db.capabilities.hdbscan:
            raise NoHdbscan(
                f"GDS {db.capabilities.gds} of this server has no HDBSCAN; use --algorithm leiden, or a newer GDS (the "
                "embedded server has it)"
            )
        gds.hdbscan.mutate(
            graph, "vector", "community", concurrency=1, min_cluster_size=SMALLEST_CLUSTER, samples=SMALLEST_CLUSTER
        )


def number(labels: dict[str, int], noise: bool = False) -> list[tuple[int, list[str]]]:
    """The communities of two members and more as (label, members in order of id): largest first, then smallest member.

    ``noise``: label -1 means none (HDBSCAN).
    """
    members: dict[int, list[str]] = {}
    for name in sorted(labels):
        if not (noise and labels[name] == -1):
            members.setdefault(int(labels[name]), []).append(name)
    groups = [(label, ids) for label, ids in members.items() if len(ids) > 1]
    return sorted(groups, key=lambda group: (-len(group[1]), group[1][0]))


def weakest_edges(
    groups: list[list[str]], edges: Iterable[tuple[str, str, float]]
) -> list[tuple[float | None, str | None]]:
    """For each group the strength and the pair of the weakest edge of its maximum spanning tree.

    Edges between groups are left out. Equally strong edges are told apart by their ids, so that the answer is one.
    (None, None) for a group that its own edges do not join.
    """
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    group_of = {name: index for index, names in enumerate(groups) for name in names}
    within = [(a, b, s) for a, b, s in edges if a in group_of and group_of[a] == group_of.get(b)]
    if not within:
        return [(None, None)] * len(groups)
    within.sort(key=lambda edge: (-edge[2], edge[0], edge[1]))
    place = {name: index for index, name in enumerate(group_of)}
    rows = np.array([place[a] for a, _, _ in within])
    columns = np.array([place[b] for _, b, _ in within])
    # The rank as weight: the minimum spanning tree of ranks is the maximum spanning tree of strengths, without ties.
    ranks = np.arange(1, len(within) + 1, dtype=np.float64)
    tree = minimum_spanning_tree(coo_array((ranks, (rows, columns)), shape=(len(place), len(place))).tocsr())
    weakest, joined = np.zeros(len(groups), dtype=np.int64), np.zeros(len(groups), dtype=np.int64)
    for rank in np.sort(tree.data).astype(np.int64):
        group = group_of[within[rank - 1][0]]
        weakest[group] = rank
        joined[group] += 1
    result: list[tuple[float | None, str | None]] = []
    for group, names in enumerate(groups):
        if joined[group] < len(names) - 1:
            result.append((None, None))
        else:
            a, b, strength = within[weakest[group] - 1]
            result.append((strength, f"{a} | {b}"))
    return result


def network_of(db: Database, projection: Projection) -> "Network":
    """The edges of a projection for `measure`: nodes by id, those without an edge last."""
    import numpy as np

    from measure.coinset import Network

    edges = list(_edges(db, projection))
    ids = sorted({name for a, b, _ in edges for name in (a, b)})
    place = {name: row for row, name in enumerate(ids)}
    first, second = np.array([(place[a], place[b]) for a, b, _ in edges], np.int64).reshape(-1, 2).T
    return Network.of(projection.nodes, first, second, np.array([edge[2] for edge in edges]), projection.pairs)


def _edges(db: Database, projection: Projection) -> Iterator[tuple[str, str, float]]:
    layer = projection.layer
    query = EDGES.format(edges=layer.edges, strength=layer.strength)
    asked = {"percentile": projection.percentile, "collections": projection.scope.chosen}
    for record in db.stream(query, space=projection.slug, **asked):
        yield record["a"], record["b"], record["strength"]
