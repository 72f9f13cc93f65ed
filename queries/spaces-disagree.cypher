// Where two spaces disagree
// @answer {rows} pair(s) is/are close in one space and not in the other | The two spaces agree on all of the closest pairs
// @first coin, other, score, other_score, type, other_type
//
// Which coins are close in one space but not in another?
// The closest pairs of `space` are looked up in `other_space`; listed are those that are far apart there, or that are
// no neighbours there at all (no `other_score`). `confirmed` is the part of the pairs looked up that the other space
// puts above the same percentile, `expected` the part that chance would put there.
//
// @param space space: the space that calls them alike
// @param other_space space: the space that does not
// @param percentile number 0..100 = 95: score in `space`, at least
// @param other_percentile number 0..100 = 80: score in `other_space`, at most
// @param pairs integer >= 1 = 2000: closest pairs looked at
// @param limit integer >= 1 = 25: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (a)-[related:RELATED]->(b)
WHERE related.space = $space AND related.score >= $percentile
  AND ($collections = [] OR all(coin IN [a, b] WHERE EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections }))
WITH a, related, b ORDER BY related.space DESC, related.score DESC LIMIT $pairs // the index's order: no more are read
OPTIONAL MATCH (a)-[elsewhere:RELATED {space: $other_space}]->(b)
WITH collect({a: a, b: b, related: related, elsewhere: elsewhere}) AS rows, count(*) AS looked_at,
     avg(CASE WHEN elsewhere.score >= $percentile THEN 1.0 ELSE 0.0 END) AS confirmed
UNWIND rows AS row
WITH row, looked_at, confirmed, row.a AS a, row.b AS b, row.related AS related, row.elsewhere AS elsewhere
WHERE elsewhere IS NULL OR elsewhere.score <= $other_percentile
WITH * ORDER BY related.score - coalesce(elsewhere.score, $other_percentile) DESC, related.score DESC, a.id, b.id
LIMIT $limit
RETURN a.id AS coin, b.id AS other, related.score AS score, elsewhere.score AS other_score,
       related.evidence AS evidence,
       [(a)-[:OF_TYPE]->(t) | t.name][0] AS type,
       [(b)-[:OF_TYPE]->(t) | t.name][0] AS other_type,
       confirmed, 1 - $percentile / 100 AS expected, looked_at AS among_pairs,
       [a, b, related, elsewhere] AS graph
