// Unclassified coins and their likeliest type
// @answer {rows} coin(s) without a type has/have a likely one | No coin without a type has a likely one
// @first coin, likeliest, probability, share, nearest
//
// Which type is each coin that has none most likely of, and why?
// Where `coingraph propose` has judged a coin, `likeliest` is the type that it proposes and `probability` that of this
// type; a coin for which it proposes none is left out. Other coins get the type that their neighbours vote for: each of
// the nearest labelled coins votes with the weight of its likeness. `share` is the type's part of all votes and
// `expected` its part of all labelled coins, which chance would give. Predicted types neither vote nor count.
// Proposals come first. By votes, a type that one vote alone speaks for is `weak` and comes last; a coin that nothing
// above `score` is like is left out.
//
// @param space space: the space to ask
// @param neighbours integer >= 1 = 5: labelled coins that vote
// @param score number 0..100 = 80: a neighbour's score at least
// @param limit integer >= 1 = 50: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (:Coin)-[:OF_TYPE]->()
WITH count(*) AS labelled
MATCH (coin:Coin) WHERE NOT EXISTS { (coin)-[:OF_TYPE]->() }
  AND ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
CALL (coin) {
  MATCH (coin)-[related:RELATED {space: $space}]-(neighbour)-[:OF_TYPE]->(type)
  WITH related, neighbour, type ORDER BY related.score DESC, neighbour.id LIMIT $neighbours
  WHERE related.score >= $score
  WITH type, count(*) AS votes, sum(-log10(1 - related.score / 100 + 1e-6)) AS weight,
       collect(neighbour) AS voters, collect(related) AS edges
  ORDER BY weight DESC, type.name
  RETURN collect({type: type, votes: votes, weight: weight, voters: voters, edges: edges}) AS ranking,
         sum(votes) AS voting, sum(weight) AS total
}
WITH *, COLLECT {
  MATCH (coin)-[p:PROPOSED_TYPE]->(type)
  MATCH (like:Coin {id: p.like})
  RETURN {type: type, probability: p.probability, votes: 0, weight: 0.0, voters: [like], edges: []}
  ORDER BY p.probability DESC, type.name LIMIT 1
}[0] AS proposed
WITH *, CASE WHEN coin.none_of_these IS NULL THEN ranking[0]
             ELSE coalesce([r IN ranking WHERE r.type = proposed.type][0], proposed) END AS best
WHERE best IS NOT NULL
WITH *, proposed.probability AS probability, CASE WHEN voting > 0 THEN best.weight / total END AS share
WITH *, probability IS NULL AND best.votes = 1 AS weak
ORDER BY coalesce(probability, -1.0) DESC, weak, CASE WHEN probability IS NULL THEN share END DESC,
         CASE WHEN probability IS NULL THEN best.weight END DESC, coin.id LIMIT $limit
WITH *, best.type AS likeliest
RETURN coin.id AS coin, likeliest.name AS likeliest, share, probability,
       1.0 * COUNT { (likeliest)<-[:OF_TYPE]-() } / labelled AS expected,
       best.votes AS votes, voting AS of, weak, best.voters[0].id AS nearest, best.edges[0].score AS score,
       best.edges[0].evidence AS evidence, [voter IN best.voters[1..] | voter.id] AS also_like,
       labelled AS among_labelled_coins,
       [coin, best.type] + best.voters + best.edges AS graph
