// Mules
// @answer {rows} of {coins} coins may join the sides of two types | No coin seems to join the sides of two types
// @first coin, type, obverse_of, reverse_of, obverse_like, reverse_like
//
// Which coins join the obverse of one type with the reverse of another?
// The obverse is closest to coins of one type that have another reverse, the reverse to coins of another type that have
// another obverse. The nearest labelled coins of each side vote; `obverse_share` and `reverse_share` are the parts of
// the votes for the winning types, `expected_obverse` and `expected_reverse` those types' parts of all labelled coins,
// which chance would give. Looked at are the pairs of coins whose one side is alike and the other is not.
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
WITH labelled, coin, collect(CASE WHEN front THEN {coin: neighbour, edge: related, cosine: related.obverse} END) AS fronts,
     collect(CASE WHEN NOT front THEN {coin: neighbour, edge: related, cosine: related.reverse} END) AS backs
WHERE fronts <> [] AND backs <> []
CALL (fronts) {
  UNWIND fronts AS vote
  WITH vote ORDER BY vote.cosine DESC LIMIT $neighbours
  WITH vote, vote.coin AS neighbour
  MATCH (neighbour)-[:OF_TYPE]->(type)
  WITH type, collect(vote) AS votes ORDER BY size(votes) DESC, votes[0].cosine DESC
  WITH collect({type: type, votes: votes}) AS ranking, sum(size(votes)) AS total
  RETURN ranking[0] AS front, total AS fronts_asked
}
CALL (backs) {
  UNWIND backs AS vote
  WITH vote ORDER BY vote.cosine DESC LIMIT $neighbours
  WITH vote, vote.coin AS neighbour
  MATCH (neighbour)-[:OF_TYPE]->(type)
  WITH type, collect(vote) AS votes ORDER BY size(votes) DESC, votes[0].cosine DESC
  WITH collect({type: type, votes: votes}) AS ranking, sum(size(votes)) AS total
  RETURN ranking[0] AS back, total AS backs_asked
}
WITH * WHERE front.type <> back.type AND size(front.votes) >= $least AND size(back.votes) >= $least
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
       labelled AS among_labelled_coins,
       [coin, front.type, back.type] + [vote IN front.votes + back.votes | vote.coin]
         + [vote IN front.votes + back.votes | vote.edge] AS graph
