// One side alike, the other not
//
// Which pairs share one side but not the other: die links, mules, hybrids?
// One side is among the closest, the other is not alike. With equal types, think of coins from one die whose other die
// was changed; with different types, of a mule. `expected` is the number of such pairs if the sides knew nothing of each
// other.
//
// @param space space: the space to ask
// @param percentile number = 99: percentile of the side that is alike, at least
// @param other_percentile number = 80: percentile of the side that is not, at most
// @param limit integer = 25: rows at most
MATCH (a:Coin)-[related:RELATED]->(b:Coin)
WHERE related.space = $space AND related.score >= ($percentile + 0) / 2
  AND (related.obverse_percentile >= $percentile AND related.reverse_percentile <= $other_percentile
    OR related.reverse_percentile >= $percentile AND related.obverse_percentile <= $other_percentile)
WITH a, related, b, related.obverse_percentile > related.reverse_percentile AS front
WITH *, CASE WHEN front THEN related.obverse ELSE related.reverse END AS cosine,
     CASE WHEN front THEN related.obverse_percentile ELSE related.reverse_percentile END AS percentile,
     CASE WHEN front THEN related.reverse ELSE related.obverse END AS other_cosine,
     CASE WHEN front THEN related.reverse_percentile ELSE related.obverse_percentile END AS other_percentile
ORDER BY percentile - other_percentile DESC, a.id, b.id LIMIT $limit
WITH *, COUNT { (:Coin) } AS coins
RETURN a.id AS coin, b.id AS other, CASE WHEN front THEN 'obverse' ELSE 'reverse' END AS alike,
       percentile, cosine, other_percentile, other_cosine,
       COLLECT { MATCH (a)-[o:OF_TYPE]->(t:CoinType) WHERE o.source <> 'predicted' RETURN t.name ORDER BY o.source DESC LIMIT 1 }[0] AS type,
       COLLECT { MATCH (b)-[o:OF_TYPE]->(t:CoinType) WHERE o.source <> 'predicted' RETURN t.name ORDER BY o.source DESC LIMIT 1 }[0] AS other_type,
       coins * (coins - 1) * (1 - $percentile / 100) * $other_percentile / 100 AS expected, coins AS among,
       [a, b, related] AS graph
