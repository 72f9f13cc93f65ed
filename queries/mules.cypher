// Mules
// @answer {rows} of {coins} coins may join the sides of two types | No coin seems to join the sides of two types
// @chance expected
// @first coin, type, obverse_of, reverse_of, obverse_like, reverse_like
//
// Which coins join the obverse of one type with the reverse of another?
// The obverse is closest to coins of one type that have another reverse, the reverse to coins of another type that have
// another obverse. The nearest labelled coins of each side vote, and more than half of them must agree; `obverse_share`
// and `reverse_share` are the parts of the votes for the winning types, `expected_obverse` and `expected_reverse` those
// types' parts of all labelled coins, which chance would give. Looked at are the coins of pairs whose one side is alike
// and the other is not. Votes err too: where those of both sides speak against the catalogue, which no mule of a known
// type does, they tell how often, and so how many rows are `expected` without a mule.
//
// @param space space: the space to ask
// @param percentile number 0..100 = 90: percentile of each side to its nearest coins, at least
// @param other_percentile number 0..100 = 90: percentile of the other side to the same coins, at most
// @param pairs integer >= 1 = 20000: pairs looked at, those whose sides differ most in likeness first
// @param neighbours integer >= 1 = 5: labelled coins of each side that vote
// @param least integer >= 1 = 2: votes for each side's type, at least
// @param limit integer >= 1 = 25: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (:Coin)-[:OF_TYPE]->()
WITH count(*) AS labelled
MATCH (a)-[related:RELATED]->(b)
WHERE related.space = $space AND related.contrast > 0
  AND ($collections = [] OR any(coin IN [a, b] WHERE EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections }))
WITH labelled, a, related, b ORDER BY related.space DESC, related.contrast DESC LIMIT $pairs // the index's order: no more are read
WHERE related.obverse_percentile >= $percentile AND related.reverse_percentile <= $other_percentile
   OR related.reverse_percentile >= $percentile AND related.obverse_percentile <= $other_percentile
UNWIND [[a, b], [b, a]] AS way
WITH labelled, way[0] AS coin, way[1] AS neighbour, related, related.obverse_percentile > related.reverse_percentile AS front
WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
WITH labelled, coin, collect(DISTINCT front) AS alike
WHERE size(alike) = 2
CALL (coin) {
  MATCH (coin)-[edge:RELATED {space: $space}]-(neighbour)-[:OF_TYPE]->(type) WHERE edge.obverse IS NOT NULL
  WITH type, {coin: neighbour, edge: edge, cosine: edge.obverse} AS vote
  ORDER BY vote.cosine DESC, vote.coin.id LIMIT $neighbours
  WITH type, collect(vote) AS votes ORDER BY size(votes) DESC, votes[0].cosine DESC
  WITH collect({type: type, votes: votes}) AS ranking, sum(size(votes)) AS total
  RETURN ranking[0] AS front, total AS fronts_asked
}
CALL (coin) {
  MATCH (coin)-[edge:RELATED {space: $space}]-(neighbour)-[:OF_TYPE]->(type) WHERE edge.reverse IS NOT NULL
  WITH type, {coin: neighbour, edge: edge, cosine: edge.reverse} AS vote
  ORDER BY vote.cosine DESC, vote.coin.id LIMIT $neighbours
  WITH type, collect(vote) AS votes ORDER BY size(votes) DESC, votes[0].cosine DESC
  WITH collect({type: type, votes: votes}) AS ranking, sum(size(votes)) AS total
  RETURN ranking[0] AS back, total AS backs_asked
}
WITH *, [(coin)-[:OF_TYPE]->(t) | t][0] AS own,
     front.type <> back.type AND size(front.votes) >= $least AND size(back.votes) >= $least
       AND 2 * size(front.votes) > fronts_asked AND 2 * size(back.votes) > backs_asked AS apart
WITH labelled, collect({coin: coin, front: front, fronts_asked: fronts_asked, back: back, backs_asked: backs_asked,
                        own: own, apart: apart}) AS seen
WITH labelled, seen, 1.0 * size(seen) AS looked_at,
     size([one IN seen WHERE one.apart]) AS rows,
     size([one IN seen WHERE one.apart AND one.own <> one.front.type AND one.own <> one.back.type]) AS neither
// Each side errs so often that both do in this many: then so many rows come of one or both that err.
WITH labelled, seen, rows, neither + 2 * sqrt(neither * looked_at) * (1 - sqrt(neither / looked_at)) AS err
WITH labelled, seen, 1.0 * CASE WHEN err < rows THEN err ELSE rows END AS expected
UNWIND [one IN seen WHERE one.apart] AS one
WITH labelled, expected, one.coin AS coin, one.front AS front, one.fronts_asked AS fronts_asked, one.back AS back,
     one.backs_asked AS backs_asked
WITH *, 1.0 * size(front.votes) / fronts_asked AS obverse_share, 1.0 * size(back.votes) / backs_asked AS reverse_share,
     CASE WHEN size(front.votes) < size(back.votes) THEN size(front.votes) ELSE size(back.votes) END AS support
ORDER BY support DESC, obverse_share * reverse_share DESC, coin.id LIMIT $limit
WITH *, front.type AS front_type, back.type AS back_type
RETURN coin.id AS coin,
       [(coin)-[:OF_TYPE]->(t) | t.name][0] AS type,
       front.type.name AS obverse_of, obverse_share, size(front.votes) AS obverse_votes,
       front.votes[0].coin.id AS obverse_like, front.votes[0].cosine AS obverse,
       1.0 * COUNT { (front_type)<-[:OF_TYPE]-() } / labelled
         AS expected_obverse,
       back.type.name AS reverse_of, reverse_share, size(back.votes) AS reverse_votes,
       back.votes[0].coin.id AS reverse_like, back.votes[0].cosine AS reverse,
       1.0 * COUNT { (back_type)<-[:OF_TYPE]-() } / labelled
         AS expected_reverse,
       expected, labelled AS among_labelled_coins,
       [coin, front.type, back.type] + [vote IN front.votes + back.votes | vote.coin]
         + [vote IN front.votes + back.votes | vote.edge] AS graph
