"""Partitions and their communities in the graph: stored, listed, removed, and read back for comparisons.

A partition takes the place of an earlier one of the same parameters in one transaction, with the measures of the nodes
that were found with it. Coins of no community (alone in the result of the algorithm, or
noise to HDBSCAN) have no `MEMBER_OF`.
"""

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from errors import CoingraphError
from graph.centrality import forget_centralities, store_centralities
from graph.connection import Database, Transaction
from graph.detection import Community, Detection, Options
from graph.projection import EDGES_PER_COIN, LAYERS, Projection
from graph.runs import Run, step
from graph.scope import Scope, find_scope

if TYPE_CHECKING:
    import pandas as pd

DELETE_PARTITION = "MATCH (p:Partition {id: $id}) DETACH DELETE p"

DELETE_COMMUNITIES = """
MATCH (c:Community) WHERE c.id STARTS WITH $prefix DETACH DELETE c RETURN count(*) AS removed
"""

WRITE_COMMUNITIES = """
UNWIND $rows AS row
MERGE (c:Community {id: row.id})
SET c.name = row.name, c.size = row.size, c.conductance = row.conductance, c.bottleneck = row.bottleneck,
    c.loosest_pair = row.loosest_pair
"""

WRITE_MEMBERS = """
UNWIND $rows AS row
MATCH (n:{label} {{id: row.member}})
MATCH (c:Community {{id: row.community}})
MERGE (n)-[:MEMBER_OF]->(c)
"""

WRITE_PARTITION = """
MATCH (r:Run {id: $run})
MERGE (p:Partition {id: $partition.id})
SET p = $partition, p.made = r.started
MERGE (r)-[:PRODUCED]->(p)
WITH p
MATCH (c:Community) WHERE c.id STARTS WITH $prefix
MERGE (c)-[:IN]->(p)
"""

FINER = "MATCH (p:Partition {within: $id}) RETURN p.id AS id"
WRITE_PARTS = """
MATCH (:Partition {id: $coarse})<-[:IN]-(whole)<-[:MEMBER_OF]-()-[:MEMBER_OF]->(part)-[:IN]->(:Partition {id: $fine})
MERGE (part)-[:PART_OF]->(whole)
"""

LIST_PARTITIONS = """
MATCH (p:Partition)
RETURN p.id AS id, p.space AS space, p.face AS face, p.algorithm AS algorithm, p.percentile AS percentile,
       p.communities AS communities, p.coins AS coins, p.alone AS alone, p.modularity AS modularity,
       toString(p.made) AS made, p.collections AS collections
ORDER BY id
"""

#: Whether a partition p tells of all coins of the collections ``$names``. Those of earlier versions are of all.
COVERS = "(p.collections IS NULL OR all(name IN $names WHERE name IN p.collections))"
LATEST = f"""
MATCH (p:Partition {{space: $space}}) WHERE p.face IN $faces AND {COVERS}
RETURN p.id AS id
ORDER BY p.face = $faces[0] DESC, coalesce(p.collections = $names, false) DESC, p.within IS NULL DESC,
         coalesce(p.made, datetime({{year: 1}})) DESC, id LIMIT 1
"""
MADE_FOR = """
MATCH (p:Partition {space: $space}) WHERE size(p.collections) > 0
RETURN DISTINCT p.collections AS collections ORDER BY collections
"""

MEMBERSHIPS = """
MATCH (n)-[:MEMBER_OF]->(c:Community)-[:IN]->(:Partition {id: $id})
RETURN coalesce(COLLECT { MATCH (coin:Coin)-[:HAS_SIDE]->(n) RETURN coin.id }[0], n.id) AS coin, c.id AS community
ORDER BY coin
"""


class NoPartition(CoingraphError):
    """There is no partition of this name."""


@dataclass(frozen=True)
class AnalysisResult:
    """What `analyze` found. ``partition`` is the partition's id, ``space`` the slug.

    ``percentile`` is the threshold of the edges, ``chosen`` says in words where it comes from. ``coins`` counts the
    nodes (coins, or sides of one face), ``alone`` those of no community; ``sizes`` are the communities', the largest
    first; ``centralities`` say how each measure was computed. ``collections`` are those whose coins were grouped.
    """

    partition: str
    space: str
    face: str
    algorithm: str
    percentile: float
    chosen: str
    coins: int
    edges: int
    communities: int
    sizes: list[int]
    alone: int
    modularity: float
    centralities: dict[str, str] = field(default_factory=dict)
    collections: tuple[str, ...] = ()


def partition_id(slug: str, options: Options) -> str:
    """The id by what was asked for, so that the same question replaces its own answer and no other."""
    return f"{slug}/{options.face}/{options.algorithm}/{options.short}"


def coarser_id(slug: str, options: Options) -> str | None:
    """The id of the partition whose communities are divided; None where none are."""
    if options.within is None:
        return None
    return partition_id(slug, replace(options, resolution=options.within, within=None))


def threshold_in_words(projection: Projection) -> str:
    why = f", chosen for {EDGES_PER_COIN} edges a coin" if projection.automatic else ""
    return f"edges from percentile {projection.percentile:.7g}{why}"


def result_of(
    projection: Projection, options: Options, detection: Detection, centralities: dict[str, str]
) -> AnalysisResult:
    return AnalysisResult(
        partition=partition_id(projection.slug, options),
        space=projection.slug,
        face=options.face,
        algorithm=options.algorithm,
        percentile=projection.percentile,
        chosen=threshold_in_words(projection),
        coins=projection.nodes,
        edges=projection.edges,
        communities=len(detection.communities),
        sizes=[len(c.members) for c in detection.communities],
        alone=detection.alone,
        modularity=detection.modularity,
        centralities=centralities,
        collections=projection.scope.names,
    )


def store_partition(
    db: Database,
    projection: Projection,
    options: Options,
    detection: Detection,
    measures: "pd.DataFrame",
    run: Run,
) -> str:
    """Write the communities as one partition, in place of an earlier one of the same parameters, and the ``measures``
    of `graph.centrality`; its id."""
    name = partition_id(projection.slug, options)
    communities, members = detection.communities, sum(len(c.members) for c in detection.communities)
    rows = ({"member": m, "community": f"{name}/{c.number}"} for c in communities for m in c.members)
    partition = _partition_row(projection, options, detection)
    with db.atomic() as tx:
        delete_partition(tx, name, run)
        tx.write_batches(WRITE_COMMUNITIES, [_community_row(name, c) for c in communities], size=1000)
        tx.write_batches(WRITE_MEMBERS.format(label=projection.layer.label), rows)
        tx.write(WRITE_PARTITION, run=run.id, prefix=f"{name}/", partition=partition)
        if options.within:
            tx.write(WRITE_PARTS, coarse=partition["within"], fine=name)
        store_centralities(tx, projection, measures)
    run.wrote("communities", len(communities))
    run.wrote("memberships", members)
    return name


def delete_partition(tx: Transaction, name: str, run: Run) -> None:
    """Delete a partition and its communities, and finer ones that divide these."""
    for finer in tx.read(FINER, id=name):
        delete_partition(tx, finer["id"], run)
    tx.write(DELETE_PARTITION, id=name)
    run.removed("communities", tx.write(DELETE_COMMUNITIES, prefix=f"{name}/")[0]["removed"])


def find_partition(db: Database, name: str) -> dict[str, str]:
    """Space and face of a partition. Raises `NoPartition`, naming those that exist."""
    found = db.read("MATCH (p:Partition {id: $name}) RETURN p.space AS space, p.face AS face", name=name)
    if not found:
        there = ", ".join(row["id"] for row in list_partitions(db))
        raise NoPartition(f"no partition {name!r}; there is {there or 'none yet'}")
    return found[0]


def remove_partition(db: Database, name: str) -> None:
    """Remove a partition by its id; with the last of its space and face go the centralities. Raises `NoPartition`."""
    query = "MATCH (p:Partition {space: $space, face: $face}) RETURN count(p) AS others"
    found = find_partition(db, name)
    with step(db, "partitions remove", partition=name) as run, db.atomic() as tx:
        delete_partition(tx, name, run)
        if not tx.read(query, **found)[0]["others"]:
            forget_centralities(tx, LAYERS[found["face"]], found["space"])
        run.removed("partitions", 1)


def latest(db: Database, slug: str, *faces: str, scope: Scope | None = None) -> str | None:
    """The id of the latest partition of a space: of the first of these faces, else of any other of them.

    None where there is none, and never one of finer communities where their coarser ones would do. ``both`` are
    partitions of coins. A partition counts that grouped all collections of the ``scope``; one that grouped no others
    goes first. Without a scope all collections that there are must be in it.
    """
    names = list((scope or find_scope(db)).names)
    found = db.read(LATEST, space=slug, faces=faces, names=names)
    return found[0]["id"] if found else None


def analysed_collections(db: Database, slug: str) -> list[list[str]]:
    """The collections that each partition of a space grouped."""
    return [row["collections"] for row in db.read(MADE_FOR, space=slug)]


def list_partitions(db: Database) -> list[dict[str, Any]]:
    """One row a partition, by id."""
    return db.read(LIST_PARTITIONS)


def memberships(db: Database, partition: str) -> dict[str, str]:
    """Coin id to community id for the coins of a partition, also where it groups the sides of one face."""
    return {row["coin"]: row["community"] for row in db.read(MEMBERSHIPS, id=partition)}


def _community_row(partition: str, community: Community) -> dict[str, Any]:
    return {
        "id": f"{partition}/{community.number}",
        "name": f"Community {community.number}",
        "size": len(community.members),
        "conductance": community.conductance,
        "bottleneck": community.bottleneck,
        "loosest_pair": community.loosest_pair,
    }


def _partition_row(projection: Projection, options: Options, detection: Detection) -> dict[str, Any]:
    parameters = {
        "percentile": projection.percentile,
        "automatic": projection.automatic,
        "resolution": options.resolution,
        "seed": options.seed,
    }
    return {
        "id": partition_id(projection.slug, options),
        "name": f"{options.algorithm}, {options.face}, {projection.slug}, {options.short}",
        "space": projection.slug,
        "face": options.face,
        "algorithm": options.algorithm,
        "parameters": json.dumps(parameters),
        "percentile": projection.percentile,
        "seed": options.seed,
        "modularity": detection.modularity,
        "communities": len(detection.communities),
        "coins": projection.nodes,
        "edges": projection.edges,
        "alone": detection.alone,
        "collections": list(projection.scope.names),
        "within": coarser_id(projection.slug, options),
    }
