// Likely doubles
// @answer {rows} pair(s) of coins may be one coin photographed twice | No two coins look like one coin photographed twice
// @first coin, other, type, score, weight, other_weight
//
// Which coins may be one coin that was photographed twice?
// Both sides are very alike, and each coin is the other's nearest by the mean of both cosines. `margin` tells how far
// the pair stands clear of `next`, the next best of either coin: coins from the same dies have company, doubles do not.
// Pairs without a next best come last.
// Two weighings of one coin differ by little: pairs whose weights are both known and do not agree are left out.
// `expected` is the number of pairs above the percentile on both sides if the sides knew nothing of each other.
// `probability` is that of one type, where `coingraph calibrate` has fitted it.
//
// @param space space: the space to ask
// @param percentile number 0..100 = 98: percentile of each side, at least
// @param weighing number 0..100 = 2: percent by which the weights may differ
// @param pairs integer >= 1 = 2000: closest pairs looked at
// @param limit integer >= 1 = 25: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (a)-[related:RELATED]->(b)
WHERE related.space = $space AND related.score >= $percentile
  AND ($collections = [] OR all(coin IN [a, b] WHERE EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections }))
WITH a, related, b ORDER BY related.space DESC, related.score DESC LIMIT $pairs // the index's order: no more are read
WITH *, toFloatOrNull(a.weight) AS one_weight, toFloatOrNull(b.weight) AS other_weight
WHERE related.obverse_percentile >= $percentile AND related.reverse_percentile >= $percentile
  AND coalesce(abs(one_weight - other_weight) <= $weighing / 100 * (one_weight + other_weight) / 2, true)
WITH a, related, b, (related.obverse + related.reverse) / 2 AS cosine
ORDER BY cosine DESC LIMIT 10 * $limit
CALL (a, b) {
  UNWIND [[a, b], [b, a]] AS way
  WITH way[0] AS one, way[1] AS two
  MATCH (one)-[next:RELATED {space: $space}]-(third)
  WHERE third <> two
  RETURN max((next.obverse + next.reverse) / 2) AS next
}
WITH * WHERE coalesce(next, -1) < cosine
WITH *, cosine - next AS margin ORDER BY margin IS NULL, margin DESC, cosine DESC, a.id LIMIT $limit
MATCH (a)-[:HAS_SIDE]->(front:Obverse), (a)-[:HAS_SIDE]->(back:Reverse),
      (b)-[:HAS_SIDE]->(other_front:Obverse), (b)-[:HAS_SIDE]->(other_back:Reverse)
WITH a, related, b, cosine, next, margin,
     front.sha256 = other_front.sha256 OR back.sha256 = other_back.sha256 AS same_file, CASE WHEN $collections = [] THEN COUNT { (:Coin) }
       ELSE COUNT { (:Coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections } END AS coins
RETURN a.id AS coin, b.id AS other, margin, related.score AS score, related.obverse AS obverse,
       related.reverse AS reverse, related.probability AS probability, next, same_file, a.weight AS weight, b.weight AS other_weight,
       [(a)-[:OF_TYPE]->(t) | t.name][0] AS type,
       [(b)-[:OF_TYPE]->(t) | t.name][0] AS other_type,
       coins * (coins - 1) / 2 * (1 - $percentile / 100) ^ 2 AS expected, coins AS among_coins,
       [a, b, related] AS graph
ORDER BY margin IS NULL, margin DESC, coin
