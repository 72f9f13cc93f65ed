// Coins most like one coin
// @answer The {rows} coin(s) nearest to this one | No coin is linked to this one
// @first coin, type, obverse_percentile, reverse_percentile, mutual
//
// Which coins are most like this one, by both sides or by one?
// `score` is the mean percentile of the sides that both coins have: 99.5 says that 99.5 % of all pairs are less alike,
// so that chance would give 50. A side that one of the two lacks counts as unknown. `without_text` is true where a side
// has no text in a space fused of pictures and texts, so that its picture alone was compared. `probability` is that of
// both being of one type, where `coingraph calibrate` has fitted it.
//
// @param coin coin: the coin to start from
// @param space space: the space to ask
// @param side both|obverse|reverse = both: what is compared
// @param limit integer >= 1 = 10: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (coin:Coin {id: $coin})-[related:RELATED {space: $space}]-(other:Coin)
WHERE ($collections = [] OR EXISTS { (other)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
WITH coin, related, other,
     CASE $side WHEN 'obverse' THEN related.obverse WHEN 'reverse' THEN related.reverse ELSE related.score END
       AS likeness
WHERE likeness IS NOT NULL
ORDER BY likeness DESC, coalesce(related.obverse, 0) + coalesce(related.reverse, 0) DESC, other.id LIMIT $limit
RETURN other.id AS coin,
       [(other)-[:OF_TYPE]->(t) | t.name][0] AS type,
       related.score AS score, related.obverse AS obverse, related.reverse AS reverse,
       related.obverse_percentile AS obverse_percentile, related.reverse_percentile AS reverse_percentile,
       related.evidence AS evidence, related.probability AS probability, coalesce(related.without_text, false) AS without_text,
       COLLECT {
         MATCH (coin)-[:HAS_SIDE]->(a:Side)-[s:SIMILAR {space: $space}]-(b:Side)<-[:HAS_SIDE]-(other)
         WHERE s.mutual RETURN CASE WHEN a:Obverse THEN 'obverse' ELSE 'reverse' END AS face ORDER BY face
       } AS mutual, CASE WHEN $collections = [] THEN COUNT { (:Coin) }
       ELSE COUNT { (:Coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections } END AS among_coins,
       [coin, other, related] AS graph
