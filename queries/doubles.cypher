// Likely doubles
// @answer {rows} pair(s) of coins may be one coin photographed twice{alarms} | No two coins look like one coin photographed twice
// @chance expected
// @first coin, other, type, score, weight, other_weight
//
// Which coins may be one coin that was photographed twice?
// Both sides are very alike, and each coin is the other's nearest by the mean of both cosines. `margin` tells how far
// the pair stands clear of `next`, the next best of either coin: coins from the same dies have company, doubles do not.
// Pairs without a next best come last.
// Two weighings of one coin differ by little: pairs whose weights are both known and do not agree are left out. So are
// pairs of which `coingraph match` has compared a side and found too few points that agree, and pairs of which
// `coingraph dies` gave a side to two dies. Coins recorded as two types are the business of `alike-apart`.
// `expected` is how many of the pairs chance would put so far clear: of ordinary neighbours the gap between the first
// and the second is spread as twice that between the second and the third (Renyi 1953), which all coins tell.
// `probability` is that of one type, where `coingraph calibrate` has fitted it.
//
// @param space space: the space to ask
// @param percentile number 0..100 = 98: percentile of each side, at least
// @param weighing number 0..100 = 1: percent by which the weights may differ
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
  AND NOT EXISTS { (a)-[:HAS_SIDE]->()-[m:MATCHED]-()<-[:HAS_SIDE]-(b) WHERE m.verified = false }
  AND NOT EXISTS { (a)-[:HAS_SIDE]->()-[:STRUCK_FROM]->(one)-[:IN]->()<-[:IN]-(two)<-[:STRUCK_FROM]-()<-[:HAS_SIDE]-(b)
                   WHERE one <> two }
  AND NOT EXISTS { (a)-[:OF_TYPE]->(one), (b)-[:OF_TYPE]->(two) WHERE one <> two }
WITH collect({a: a, related: related, b: b}) AS close
CALL () {
  MATCH (coin:Coin)
  WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
  WITH coin ORDER BY reverse(coin.id) LIMIT $pairs // ids that end alike lie far apart
  CALL (coin) {
    MATCH (coin)-[near:RELATED {space: $space}]-() WHERE near.obverse IS NOT NULL AND near.reverse IS NOT NULL
    WITH (near.obverse + near.reverse) / 2 AS mean ORDER BY mean DESC LIMIT 3
    RETURN collect(mean) AS means
  }
  WITH means WHERE size(means) = 3
  RETURN collect(2 * (means[1] - means[2])) AS gaps
}
UNWIND close AS row
WITH gaps, row.a AS a, row.related AS related, row.b AS b, (row.related.obverse + row.related.reverse) / 2 AS cosine
CALL (a, b) {
  UNWIND [[a, b], [b, a]] AS way
  WITH way[0] AS one, way[1] AS two
  MATCH (one)-[next:RELATED {space: $space}]-(third)
  WHERE third <> two
  RETURN max((next.obverse + next.reverse) / 2) AS next
}
WITH * WHERE coalesce(next, -1) < cosine
WITH gaps, collect({a: a, related: related, b: b, cosine: cosine, next: next}) AS found, count(next) AS pairs
UNWIND found AS one
WITH gaps, pairs, one.a AS a, one.related AS related, one.b AS b, one.cosine AS cosine, one.next AS next
WITH *, cosine - next AS margin ORDER BY margin IS NULL, margin DESC, cosine DESC, a.id LIMIT $limit
MATCH (a)-[:HAS_SIDE]->(front:Obverse), (a)-[:HAS_SIDE]->(back:Reverse),
      (b)-[:HAS_SIDE]->(other_front:Obverse), (b)-[:HAS_SIDE]->(other_back:Reverse)
WITH a, related, b, cosine, next, margin, gaps, pairs,
     front.sha256 = other_front.sha256 OR back.sha256 = other_back.sha256 AS same_file, CASE WHEN $collections = [] THEN COUNT { (:Coin) }
       ELSE COUNT { (:Coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections } END AS coins
RETURN a.id AS coin, b.id AS other, margin, related.score AS score, related.obverse AS obverse,
       related.reverse AS reverse, related.probability AS probability, next, same_file, a.weight AS weight, b.weight AS other_weight,
       [(a)-[:OF_TYPE]->(t) | t.name][0] AS type,
       [(b)-[:OF_TYPE]->(t) | t.name][0] AS other_type,
       CASE WHEN margin IS NOT NULL AND gaps <> []
            THEN 1.0 * pairs * size([gap IN gaps WHERE gap >= margin]) / size(gaps) END AS expected,
       coins AS among_coins,
       [a, b, related] AS graph
ORDER BY margin IS NULL, margin DESC, coin
