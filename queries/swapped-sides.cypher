// Coins whose sides may be swapped
// @answer {rows} of {coins} coins may have its/their sides swapped{alarms} | No coin seems to have its sides swapped
// @chance expected
// @first coin, type, obverse_like_reverse_of, reverse_like_obverse_of, margin
//
// Which coins have an obverse like the reverses of others, and a reverse like their obverses?
// Looked at are the coins of lowest PageRank: a swapped coin resembles few others on its own faces. For each of their
// sides the vector index gives the nearest of both faces; both sides must be nearer to the wrong face
// (`obverse_across`, `reverse_across`: mean cosines) than to their own (`obverse_own`, `reverse_own`). One side alone
// may be so without a swap: from how many are, chance would make both so on `expected` of the coins looked at.
//
// @param space space: the space to ask
// @param neighbours integer >= 1 = 3: nearest sides of each face that are asked
// @param suspects integer >= 1 = 50: coins looked at
// @param limit integer >= 1 = 25: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (front:Obverse)<-[:HAS_SIDE]-(coin:Coin)-[:HAS_SIDE]->(back:Reverse)
WHERE front['source_' + $space] IS NOT NULL AND back['source_' + $space] IS NOT NULL
  AND ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
WITH coin, front, back ORDER BY coalesce(coin['pagerank_' + $space], 0.0), coin.id LIMIT $suspects
WITH collect([coin, front, back]) AS looked_at
UNWIND looked_at AS row
WITH size(looked_at) AS suspects, row[0] AS coin, row[1] AS front, row[2] AS back
CALL (coin, front, back) {
  CALL db.index.vector.queryNodes('vector_' + $space + '_reverse', $neighbours + 1, front['vector_' + $space])
  YIELD node, score
  WHERE NOT node IN [front, back]
  WITH node, 2 * score - 1 AS cosine ORDER BY cosine DESC, node.id LIMIT $neighbours
  RETURN collect(node)[0] AS obverse_across_side, avg(cosine) AS obverse_across
}
CALL (coin, front, back) {
  CALL db.index.vector.queryNodes('vector_' + $space + '_obverse', $neighbours + 1, front['vector_' + $space])
  YIELD node, score
  WHERE NOT node IN [front, back]
  WITH node, 2 * score - 1 AS cosine ORDER BY cosine DESC, node.id LIMIT $neighbours
  RETURN avg(cosine) AS obverse_own
}
CALL (coin, front, back) {
  CALL db.index.vector.queryNodes('vector_' + $space + '_obverse', $neighbours + 1, back['vector_' + $space])
  YIELD node, score
  WHERE NOT node IN [front, back]
  WITH node, 2 * score - 1 AS cosine ORDER BY cosine DESC, node.id LIMIT $neighbours
  RETURN collect(node)[0] AS reverse_across_side, avg(cosine) AS reverse_across
}
CALL (coin, front, back) {
  CALL db.index.vector.queryNodes('vector_' + $space + '_reverse', $neighbours + 1, back['vector_' + $space])
  YIELD node, score
  WHERE NOT node IN [front, back]
  WITH node, 2 * score - 1 AS cosine ORDER BY cosine DESC, node.id LIMIT $neighbours
  RETURN avg(cosine) AS reverse_own
}
WITH collect({coin: coin, front: front, back: back, obverse_across_side: obverse_across_side,
              reverse_across_side: reverse_across_side, obverse_across: obverse_across, obverse_own: obverse_own,
              reverse_across: reverse_across, reverse_own: reverse_own, obverse: obverse_across > obverse_own,
              reverse: reverse_across > reverse_own}) AS seen, count(*) AS suspects
WITH seen, suspects, 1.0 * size([one IN seen WHERE one.obverse AND NOT one.reverse])
                     * size([one IN seen WHERE one.reverse AND NOT one.obverse]) / suspects AS expected
UNWIND [one IN seen WHERE one.obverse AND one.reverse] AS one
WITH suspects, expected, one.coin AS coin, one.front AS front, one.back AS back,
     one.obverse_across_side AS obverse_across_side, one.reverse_across_side AS reverse_across_side,
     one.obverse_across AS obverse_across, one.obverse_own AS obverse_own, one.reverse_across AS reverse_across,
     one.reverse_own AS reverse_own
WITH *, obverse_across - obverse_own + reverse_across - reverse_own AS margin
WITH * ORDER BY margin DESC, coin.id LIMIT $limit
MATCH (one:Coin)-[:HAS_SIDE]->(obverse_across_side)
MATCH (two:Coin)-[:HAS_SIDE]->(reverse_across_side)
RETURN coin.id AS coin,
       [(coin)-[:OF_TYPE]->(t) | t.name][0] AS type,
       margin, one.id AS obverse_like_reverse_of, obverse_across, obverse_own,
       two.id AS reverse_like_obverse_of, reverse_across, reverse_own,
       [(one)-[:OF_TYPE]->(t) | t.name][0] AS their_type,
       expected, suspects AS among_coins,
       [coin, front, back, one, two, obverse_across_side, reverse_across_side] AS graph
ORDER BY margin DESC, coin
