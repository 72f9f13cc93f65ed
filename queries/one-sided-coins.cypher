// Coins with one side only
// @answer {rows} of {coins} coins lacks/lack the photograph of a side | Every coin has photographs of both sides
// @first coin, type, lacks, nearest, nearest_type, percentile
//
// Which coins lack the photograph of a side, and what does the other side resemble?
// `percentile` is that of the likeness of the side that there is; chance would give 50. The other side counts as
// unknown everywhere, never as unlike.
//
// @param space space: the space to ask
// @param limit integer >= 1 = 100: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (coin:Coin)
WHERE COUNT { (coin)-[:HAS_SIDE]->() } = 1
  AND ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
WITH coin ORDER BY coin.id LIMIT $limit
MATCH (coin)-[has:HAS_SIDE]->(side:Side)
CALL (side) {
  OPTIONAL MATCH (side)-[similar:SIMILAR {space: $space}]-(like:Side)<-[:HAS_SIDE]-(nearest:Coin)
  WITH similar, like, nearest ORDER BY coalesce(similar.cosine, -1) DESC, nearest.id LIMIT 1
  RETURN similar, like, nearest
}
RETURN coin.id AS coin,
       [(coin)-[:OF_TYPE]->(t) | t.name][0] AS type,
       CASE WHEN side:Obverse THEN 'obverse' ELSE 'reverse' END AS has,
       CASE WHEN side:Obverse THEN 'reverse' ELSE 'obverse' END AS lacks,
       nearest.id AS nearest, similar.cosine AS cosine, similar.percentile AS percentile,
       [(nearest)-[:OF_TYPE]->(t) | t.name][0] AS nearest_type,
       CASE WHEN $collections = [] THEN COUNT { (:Coin) }
       ELSE COUNT { (:Coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections } END AS among_coins,
       [coin, has, side, similar, like, nearest] AS graph
ORDER BY coin
