// Coins whose sides may be swapped
//
// Which coins have an obverse like the reverses of others, and a reverse like their obverses?
// Looked at are the coins of lowest PageRank: a swapped coin resembles few others on its own faces. Each of their sides is
// looked up among both faces in the vector index; both must be nearer to a side of the wrong face (`obverse_across`,
// `reverse_across`: cosines) than to any of their own (`obverse_own`, `reverse_own`). Were the faces of no account, chance
// would do that to one coin in four (`expected`).
//
// @param space space: the space to ask
// @param suspects integer = 50: coins looked at
// @param limit integer = 25: rows at most
MATCH (front:Obverse)<-[:HAS_SIDE]-(coin:Coin)-[:HAS_SIDE]->(back:Reverse)
WHERE front['source_' + $space] IS NOT NULL AND back['source_' + $space] IS NOT NULL
WITH coin, front, back ORDER BY coalesce(coin['pagerank_' + $space], 0.0), coin.id LIMIT $suspects
CALL (coin, front, back) {
  CALL db.index.vector.queryNodes('vector_' + $space + '_reverse', 2, front['vector_' + $space]) YIELD node, score
  WHERE NOT node IN [front, back]
  RETURN node AS obverse_across_side, 2 * score - 1 AS obverse_across ORDER BY score DESC, node.id LIMIT 1
}
CALL (coin, front, back) {
  CALL db.index.vector.queryNodes('vector_' + $space + '_obverse', 2, front['vector_' + $space]) YIELD node, score
  WHERE NOT node IN [front, back]
  RETURN node AS obverse_own_side, 2 * score - 1 AS obverse_own ORDER BY score DESC, node.id LIMIT 1
}
CALL (coin, front, back) {
  CALL db.index.vector.queryNodes('vector_' + $space + '_obverse', 2, back['vector_' + $space]) YIELD node, score
  WHERE NOT node IN [front, back]
  RETURN node AS reverse_across_side, 2 * score - 1 AS reverse_across ORDER BY score DESC, node.id LIMIT 1
}
CALL (coin, front, back) {
  CALL db.index.vector.queryNodes('vector_' + $space + '_reverse', 2, back['vector_' + $space]) YIELD node, score
  WHERE NOT node IN [front, back]
  RETURN node AS reverse_own_side, 2 * score - 1 AS reverse_own ORDER BY score DESC, node.id LIMIT 1
}
WITH * WHERE obverse_across > obverse_own AND reverse_across > reverse_own
WITH * ORDER BY obverse_across - obverse_own + reverse_across - reverse_own DESC, coin.id LIMIT $limit
MATCH (one:Coin)-[has_one:HAS_SIDE]->(obverse_across_side), (two:Coin)-[has_two:HAS_SIDE]->(reverse_across_side)
RETURN coin.id AS coin,
       COLLECT { MATCH (coin)-[o:OF_TYPE]->(t:CoinType) WHERE o.source <> 'predicted' RETURN t.name ORDER BY o.source DESC LIMIT 1 }[0] AS type,
       one.id AS obverse_like_reverse_of, obverse_across, obverse_own,
       COLLECT { MATCH (one)-[o:OF_TYPE]->(t:CoinType) WHERE o.source <> 'predicted' RETURN t.name ORDER BY o.source DESC LIMIT 1 }[0] AS type_of_that,
       two.id AS reverse_like_obverse_of, reverse_across, reverse_own,
       COLLECT { MATCH (two)-[o:OF_TYPE]->(t:CoinType) WHERE o.source <> 'predicted' RETURN t.name ORDER BY o.source DESC LIMIT 1 }[0] AS type_of_other,
       0.25 AS expected, $suspects AS among,
       [coin, one, two] AS graph
ORDER BY obverse_across - obverse_own + reverse_across - reverse_own DESC, coin
