// Unclassified coins and their likeliest type
// @answer {rows} of {coins} coins has/have no type, but a likely one | No coin without a type has a likely one
// @first coin, likeliest, probability, share, nearest
//
// Which type do the nearest labelled coins give to each coin that has none, and why?
// Each of the nearest labelled coins votes with the weight of its likeness. `share` is the winning type's part of all
// votes and `expected` its part of all labelled coins, which chance would give. Predicted types neither vote nor count.
// `probability` is that of this type by `coingraph propose`, where it has run and proposes it.
// A type that one vote alone speaks for is `weak` and comes last; a coin that nothing above `score` is like is left out.
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
  WITH collect({type: type, votes: votes, weight: weight, voters: voters, edges: edges}) AS ranking,
       sum(votes) AS voting, sum(weight) AS total
  WHERE voting > 0
  RETURN ranking[0] AS best, voting, total
}
WITH coin, labelled, best, voting, best.weight / total AS share
ORDER BY best.votes > 1 DESC, share DESC, best.weight DESC, coin.id LIMIT $limit
WITH *, best.type AS likeliest
RETURN coin.id AS coin, likeliest.name AS likeliest, share,
       [(coin)-[p:PROPOSED_TYPE]->(likeliest) | p.probability][0] AS probability,
       1.0 * COUNT { (likeliest)<-[:OF_TYPE]-() } / labelled AS expected,
       best.votes AS votes, voting AS of, best.votes = 1 AS weak, best.voters[0].id AS nearest, best.edges[0].score AS score,
       best.edges[0].evidence AS evidence, [voter IN best.voters[1..] | voter.id] AS also_like,
       labelled AS among_labelled_coins,
       [coin, best.type] + best.voters + best.edges AS graph
