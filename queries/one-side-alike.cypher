// Coins alike on one side only
// @answer {rows} pair(s) of coins is/are alike on one side only{alarms} | No two coins are alike on one side only
// @chance expected
// @first coin, other, alike, suggests, type, other_type
//
// Which pairs share one side but not the other: die links, mules?
// One side is among the closest of all pairs, and its likeness is `times` as rare as that of the other side (shares of
// pairs that are closer, told apart down to half a pair). Coins of two types suggest a mule or a wrong label, coins of
// one type a die link: one die in common, the other changed. Mules first, then by `times`. `expected` is the number of
// such pairs if the sides knew nothing of each other.
// `probability` is that of one type, where `coingraph calibrate` has fitted it.
//
// @param space space: the space to ask
// @param percentile number 0..100 = 99: percentile of the side that is alike, at least
// @param times number >= 1 = 10: how much rarer its likeness is than the other side's, at least
// @param pairs integer >= 1 = 5000: pairs of the greatest `times` that are looked at
// @param limit integer >= 1 = 25: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (a)-[related:RELATED]->(b)
WHERE related.space = $space AND related.contrast >= log10($times)
  AND ($collections = [] OR all(coin IN [a, b] WHERE EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections }))
WITH a, related, b ORDER BY related.space DESC, related.contrast DESC LIMIT $pairs // the index's order: no more are read
WITH a, related, b, related.obverse_percentile > related.reverse_percentile AS front, 10 ^ related.contrast AS times
WITH *, CASE WHEN front THEN related.obverse_percentile ELSE related.reverse_percentile END AS percentile,
     CASE WHEN front THEN related.reverse_percentile ELSE related.obverse_percentile END AS other_percentile
WHERE percentile >= $percentile AND other_percentile < $percentile
WITH *, [(a)-[:OF_TYPE]->(t) | t.name][0] AS type, [(b)-[:OF_TYPE]->(t) | t.name][0] AS other_type
WITH *, coalesce(type = other_type, true) AS one_type ORDER BY one_type, times DESC, a.id, b.id LIMIT $limit
WITH *, CASE WHEN $collections = [] THEN COUNT { (:Coin) }
       ELSE COUNT { (:Coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections } END AS coins, 1 - $percentile / 100 AS rare
RETURN a.id AS coin, b.id AS other, CASE WHEN front THEN 'obverse' ELSE 'reverse' END AS alike,
       CASE WHEN one_type THEN 'die link' ELSE 'mule' END AS suggests, type, other_type, times, percentile,
       other_percentile, CASE WHEN front THEN related.obverse ELSE related.reverse END AS cosine,
       CASE WHEN front THEN related.reverse ELSE related.obverse END AS other_cosine,
       related.probability AS probability,
       coins * (coins - 1) * rare * (1 - $times * rare / 2) AS expected, coins AS among_coins,
       [a, b, related] AS graph
ORDER BY one_type, times DESC, coin, other
