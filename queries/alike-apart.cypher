// Alike but catalogued apart
// @answer {rows} pair(s) of very alike coins is/are of two types | No two very alike coins differ in type
// @first coin, type, other, other_type, score, probability
//
// Which pairs of coins are very alike although their catalogued types differ?
// `backs` and `other_backs` tell which label to doubt: how many of each coin's nearest labelled coins share its type.
// `expected` is the part of pairs taken by chance that would differ in type.
// `probability` is that of one type, where `coingraph calibrate` has fitted it.
//
// @param space space: the space to ask
// @param percentile number 0..100 = 95: the pair's score at least
// @param neighbours integer >= 1 = 5: nearest labelled coins that are asked to back a label
// @param limit integer >= 1 = 25: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (coin:Coin)-[:OF_TYPE]->(type)
WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
WITH type, count(*) AS coins
WITH sum(coins) AS labelled, sum(coins * coins) AS same
WITH 1 - 1.0 * (same - labelled) / (labelled * (labelled - 1) + 1e-9) AS expected, labelled
MATCH (a)-[related:RELATED]->(b)
WHERE related.space = $space AND related.score >= $percentile
  AND ($collections = [] OR all(coin IN [a, b] WHERE EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections }))
WITH * ORDER BY related.space DESC, related.score DESC // the index's order: no more are read than needed
CALL (a, b) {
  MATCH (a)-[o:OF_TYPE]->(one), (b)-[p:OF_TYPE]->(two) WHERE one <> two
  RETURN one, o, two, p
}
WITH * LIMIT $limit
CALL (a, one) {
  MATCH (a)-[r:RELATED {space: $space}]-(near)-[:OF_TYPE]->(type)
  WITH one, type ORDER BY r.score DESC, near.id LIMIT $neighbours
  RETURN count(*) AS asked, sum(CASE WHEN type = one THEN 1 ELSE 0 END) AS backs
}
CALL (b, two) {
  MATCH (b)-[r:RELATED {space: $space}]-(near)-[:OF_TYPE]->(type)
  WITH two, type ORDER BY r.score DESC, near.id LIMIT $neighbours
  RETURN count(*) AS other_asked, sum(CASE WHEN type = two THEN 1 ELSE 0 END) AS other_backs
}
RETURN a.id AS coin, one.name AS type, b.id AS other, two.name AS other_type, related.score AS score,
       related.obverse AS obverse, related.reverse AS reverse, related.evidence AS evidence,
       related.probability AS probability, backs, asked, other_backs, other_asked, expected,
       labelled AS among_labelled_coins,
       [a, b, related, one, two, o, p] AS graph
ORDER BY score DESC, coin, other
