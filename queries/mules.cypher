// Coins that join the sides of two types (mules)
// @answer {rows} of {coins} coins may join the sides of two types{alarms} | No coin seems to join the sides of two types
// @chance expected
// @first coin, type, obverse_of, reverse_of, obverse_like, reverse_like
//
// Which coins join the obverse of one type with the reverse of another?
// The obverse is closest to coins of one type that have another reverse, the reverse to coins of another type that have
// another obverse. The nearest labelled coins of each side vote, and more than half of them must agree; `obverse_share`
// and `reverse_share` are the parts of the votes for the winning types, `expected_obverse` and `expected_reverse` those
// types' parts of all labelled coins, which chance would give. Looked at are the coins of pairs whose one side is alike
// and the other is not. Votes err where a side is hardly more alike to its own type than to another. How much more
// differs from coin to coin, and by chance it is as often so much more than usual as so much less. So the sides of all
// labelled coins that are so much surer of their type than usual tell how many would seem so sure of another:
// `expected` rows without a mule.
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
WITH labelled, [row IN collect({coin: coin, front: front, fronts_asked: fronts_asked, back: back,
                                backs_asked: backs_asked, own: own, apart: apart}) WHERE row.apart] AS rows
// How much more each side of a labelled coin is like its nearest other type than like its own: mostly less.
CALL () {
  MATCH (coin:Coin)-[:OF_TYPE]->(own)
  WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
  WITH coin, own ORDER BY reverse(coin.id) LIMIT $pairs // ids that end alike lie far apart
  UNWIND ['obverse', 'reverse'] AS face
  CALL (coin, own, face) {
    MATCH (coin)-[edge:RELATED {space: $space}]-()-[:OF_TYPE]->(type) WHERE edge[face] IS NOT NULL
    WITH own, type, edge[face] AS cosine ORDER BY cosine DESC
    WITH own, type, collect(cosine)[..$least] AS best
    RETURN max(CASE WHEN type <> own THEN reduce(sum = 0.0, one IN best | sum + one) / size(best) END)
           - max(CASE WHEN type = own THEN reduce(sum = 0.0, one IN best | sum + one) / size(best) END) AS lead
  }
  WITH face, lead WHERE lead IS NOT NULL
  WITH face, collect(lead) AS leads, percentileCont(lead, 0.5) AS usual, percentileCont(lead, 0.25) AS low
  RETURN collect({face: face, leads: leads, usual: usual, spread: usual - low}) AS chance
}
UNWIND rows AS row
// A side that speaks for another type than the coin's; without a type, than the coin's other side.
UNWIND [side IN [{face: 'obverse', own: coalesce(row.own, row.back.type), other: row.front.type},
                 {face: 'reverse', own: coalesce(row.own, row.front.type), other: row.back.type}]
        WHERE side.own <> side.other] AS side
WITH labelled, chance, row, side, row.coin AS coin, [one IN chance WHERE one.face = side.face][0] AS usual
CALL (coin, side) {
  MATCH (coin)-[edge:RELATED {space: $space}]-(neighbour) WHERE edge[side.face] IS NOT NULL
  OPTIONAL MATCH (neighbour)-[:OF_TYPE]->(type) WHERE type IN [side.own, side.other]
  WITH side, type, edge[side.face] AS cosine ORDER BY cosine DESC
  WITH side, type, min(cosine) AS least, collect(cosine)[..$least] AS best
  // A type with which no coin was compared is no more alike than the least alike coin.
  RETURN max(CASE WHEN type = side.other THEN reduce(sum = 0.0, one IN best | sum + one) / size(best) END)
         - coalesce(max(CASE WHEN type = side.own THEN reduce(sum = 0.0, one IN best | sum + one) / size(best) END),
                    min(least)) AS lead
}
WITH labelled, chance, row, CASE WHEN usual.spread > 0 THEN (lead - usual.usual) / usual.spread ELSE 0.0 END AS beyond
WITH labelled, chance, row, min(beyond) AS beyond // of a coin both sides of which speak against it
WITH labelled, row.coin AS coin, row.front AS front, row.fronts_asked AS fronts_asked, row.back AS back,
     row.backs_asked AS backs_asked, beyond,
     reduce(sum = 0.0, one IN chance |
       sum + size([lead IN one.leads WHERE one.spread > 0 AND one.usual - lead >= beyond * one.spread])) AS expected
WITH *, 1.0 * size(front.votes) / fronts_asked AS obverse_share, 1.0 * size(back.votes) / backs_asked AS reverse_share
ORDER BY beyond DESC, coin.id LIMIT $limit
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
