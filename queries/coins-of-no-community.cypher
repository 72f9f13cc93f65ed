// Coins of no community
//
// Which coins belong to no community, and what are they nearest to?
// `score` is the percentile of the likeness to the nearest coin: a low one says that nothing resembles the coin.
// `among_coins` counts all coins of the space.
//
// @param space space: the space to ask
// @param partition partition: the communities
// @param limit integer >= 1 = 100: rows at most
MATCH (coin:Coin)
WHERE EXISTS { MATCH (coin)-[:HAS_SIDE]->(side) WHERE side['source_' + $space] IS NOT NULL }
WITH collect(coin) AS coins, count(*) AS among_coins
UNWIND coins AS coin
WITH coin, among_coins
WHERE NOT EXISTS {
  MATCH (coin)-[:HAS_SIDE*0..1]->()-[:MEMBER_OF]->(community:Community)-[:IN]->(:Partition {id: $partition})
  WHERE community.size > 1
}
CALL (coin) {
  OPTIONAL MATCH (coin)-[related:RELATED {space: $space}]-(nearest:Coin)
  WITH related, nearest ORDER BY coalesce(related.score, -1) DESC, nearest.id LIMIT 1
  RETURN related, nearest
}
WITH * ORDER BY coalesce(related.score, -1), coin.id LIMIT $limit
RETURN coin.id AS coin,
       COLLECT {
         MATCH (coin)-[o:OF_TYPE]->(t) WHERE o.source <> 'predicted' RETURN t.name ORDER BY o.source DESC LIMIT 1
       }[0] AS type,
       nearest.id AS nearest,
       COLLECT {
         MATCH (nearest)-[o:OF_TYPE]->(t) WHERE o.source <> 'predicted' RETURN t.name ORDER BY o.source DESC LIMIT 1
       }[0] AS nearest_type,
       related.score AS score, related.evidence AS evidence, COUNT { (coin)-[:HAS_SIDE]->() } AS sides, among_coins,
       [coin, nearest, related] AS graph
