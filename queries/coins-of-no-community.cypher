// Coins of no community
// @answer {rows} of {coins} coins is/are in no community | Every coin is in a community
// @first coin, type, nearest, nearest_type, score
//
// Which coins belong to no community, and what are they nearest to?
// `score` is the percentile of the likeness to the nearest coin: a low one says that nothing resembles the coin.
// `among_coins` counts all coins of the space.
//
// @param space space: the space to ask
// @param partition partition: the communities
// @param limit integer >= 1 = 100: rows at most
// @param collections collections = []: only coins of these; [] for all
CALL () {
  MATCH (:Partition {id: $partition})<-[:IN]-(community:Community)<-[:MEMBER_OF]-(member)
  WHERE community.size > 1
  MATCH (member)<-[:HAS_SIDE*0..1]-(coin:Coin)
  WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
  RETURN collect(DISTINCT coin) AS members
}
CALL (members) {
  MATCH (coin:Coin)
  WHERE NOT coin IN members
  AND ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
  AND EXISTS { MATCH (coin)-[:HAS_SIDE]->(side) WHERE side['source_' + $space] IS NOT NULL }
  RETURN collect(coin) AS coins
}
WITH coins, size(members) + size(coins) AS among_coins
UNWIND coins AS coin
CALL (coin) {
  OPTIONAL MATCH (coin)-[related:RELATED {space: $space}]-()
  RETURN max(related.score) AS score
}
WITH coin, among_coins, coalesce(score, -1) AS score ORDER BY score, coin.id LIMIT $limit
CALL (coin) {
  OPTIONAL MATCH (coin)-[related:RELATED {space: $space}]-(nearest:Coin)
  WITH related, nearest ORDER BY coalesce(related.score, -1) DESC, nearest.id LIMIT 1
  RETURN related, nearest
}
RETURN coin.id AS coin,
       [(coin)-[:OF_TYPE]->(t) | t.name][0] AS type,
       nearest.id AS nearest,
       [(nearest)-[:OF_TYPE]->(t) | t.name][0] AS nearest_type,
       related.score AS score, related.evidence AS evidence, COUNT { (coin)-[:HAS_SIDE]->() } AS sides, among_coins,
       [coin, nearest, related] AS graph
ORDER BY coalesce(score, -1), coin
