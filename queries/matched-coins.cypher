// What `match` found most like one coin
// @answer The {rows} sides most like those of this coin, looked at closely | No side was looked at closely beside this coin
// @first coin, side, type, match_score, places, inliers, verified
//
// Which coins are most like this one, looked at closely?
// `match_score` ranks by the cosine, by how alike the sides are place by place (`places`, a cosine too, counted twice), and by
// points that one shift, turn and scale explains (50 `inliers` count half a cosine), doubled, less what either side has
// with its ten nearest in the mean: a side that is near to everything is nearest to nothing. `verified` sides have so
// many inliers over so much of the coin (`spread`) that at most one such pair in ten is expected to be alike by chance. Only pairs that `coingraph match` has looked
// at take part, whether they have an edge in this space or not.
//
// @needs MATCHED by match
// @param coin coin: the coin to start from
// @param space space: the space to ask
// @param side both|obverse|reverse = both: what is compared
// @param limit integer >= 1 = 10: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (coin:Coin {id: $coin})-[:HAS_SIDE]->(a:Side)-[matched:MATCHED]-(b:Side)<-[:HAS_SIDE]-(other:Coin)
WHERE ($side = 'both' OR $side = 'obverse' AND a:Obverse OR $side = 'reverse' AND a:Reverse)
  AND matched.inliers IS NOT NULL AND matched.photographs IN [left(a.sha256, 16) + left(b.sha256, 16), left(b.sha256, 16) + left(a.sha256, 16)]
  AND a['vector_' + $space] IS NOT NULL AND b['vector_' + $space] IS NOT NULL
  AND ($collections = [] OR EXISTS { (other)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
WITH coin, a, b, matched, other, gds.similarity.cosine(a['vector_' + $space], b['vector_' + $space]) AS cosine
WITH *, matched['places_' + $space] AS places, matched['score_' + $space] AS score WHERE score IS NOT NULL
ORDER BY score DESC, other.id LIMIT $limit
RETURN other.id AS coin, CASE WHEN a:Obverse THEN 'obverse' ELSE 'reverse' END AS side,
       [(other)-[:OF_TYPE]->(t) | t.name][0] AS type,
       score AS match_score, cosine, places, matched.inliers AS inliers, matched.inlier_spread AS spread, matched.verified AS verified,
       EXISTS { (a)-[:SIMILAR {space: $space}]-(b) } AS edge, CASE WHEN $collections = [] THEN COUNT { (:Coin) }
       ELSE COUNT { (:Coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections } END AS among_coins,
       [coin, a, b, other, matched] AS graph
