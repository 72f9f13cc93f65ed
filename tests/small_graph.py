"""Writes small graphs as `embed` and `link` leave them, as far as `analyze` looks."""

from graph.connection import Database

WRITE_SPACE = """
MERGE (g:Coingraph {id: 'coingraph'}) SET g.schema = 3
MERGE (s:Space {name: 'pixels'})
SET s += {slug: 'pixels', model: 'pixels', weights: '', weights_source: '', dimension: 2, preprocessing: '{}',
          transform: 'none', fields: [], pairs_obverse: 1000000, pairs_reverse: 1000000}
"""
WRITE_COINS = """
UNWIND $coins AS coin
CREATE (c:Coin {id: coin, name: coin})
CREATE (c)-[:HAS_SIDE]->(:Side:Obverse {id: coin + '/obverse', source_pixels: 'x'})
CREATE (c)-[:HAS_SIDE]->(:Side:Reverse {id: coin + '/reverse', source_pixels: 'x'})
"""
WRITE_EDGES = """
UNWIND $edges AS edge
MATCH (a:Coin {id: edge[0]}), (b:Coin {id: edge[1]})
CREATE (a)-[:RELATED {key: 'pixels|' + a.id + '|' + b.id, space: 'pixels', score: edge[2]}]->(b)
WITH edge MATCH (a:Reverse {id: edge[0] + '/reverse'}), (b:Reverse {id: edge[1] + '/reverse'})
CREATE (a)-[:SIMILAR {key: 'pixels|' + a.id + '|' + b.id, space: 'pixels', percentile: edge[2]}]->(b)
"""


def write_graph(db: Database, coins: list[str], edges: list[tuple[str, str, float]]) -> None:
    """Coins with both sides in the space ``pixels``; each edge (coin, coin, percentile) joins coins and reverses."""
    db.write(WRITE_SPACE)
    db.write(WRITE_COINS, coins=coins)
    db.write(WRITE_EDGES, edges=[list(edge) for edge in edges])
