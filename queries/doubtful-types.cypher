// Coins whose neighbours contradict their type
// @answer {rows} type(s) is/are doubtful: the coins most like them are of another type | No coin has a doubtful type
// @first coin, type, probability_own, neighbours_say, probability_other, nearest
//
// Which labels do the nearest coins speak against?
// Looked at are the coins of close pairs whose types differ. The nearest labelled coins of each vote, weighted by
// likeness. `share_other` is the part of the votes for the type that they prefer, `share_own` the part for the
// catalogued one; `expected` is the preferred type's part of all labelled coins, which chance would give. Where
// `coingraph propose` has run, its calibrated probabilities decide: that of the catalogued type while the coin is left
// out (`probability_own`), and that of another which is higher (`probability_other`).
//
// @param space space: the space to ask
// @param percentile number 0..100 = 80: score of the closest pairs that are looked at, at least
// @param pairs integer >= 1 = 10000: closest pairs looked at
// @param neighbours integer >= 1 = 5: labelled coins that vote
// @param share number 0..1 = 0.6: share of the votes for the other type, or its probability, at least
// @param limit integer >= 1 = 25: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (:Coin)-[:OF_TYPE]->()
WITH count(*) AS labelled
CALL () {
  MATCH (a)-[apart:RELATED]->(b)
  WHERE apart.space = $space AND apart.score >= $percentile
    AND ($collections = [] OR any(coin IN [a, b] WHERE EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections }))
  WITH a, b ORDER BY apart.space DESC, apart.score DESC LIMIT $pairs // the index's order: no more are read
  MATCH (a)-[:OF_TYPE]->(one), (b)-[:OF_TYPE]->(two) WHERE one <> two
  UNWIND [a, b] AS coin
  RETURN coin
  UNION
  MATCH (own)<-[:OF_TYPE]-(coin)-[:PROPOSED_TYPE]->(rather) WHERE rather <> own
  RETURN coin
}
MATCH (coin)-[:OF_TYPE]->(own)
WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
OPTIONAL MATCH (coin)-[backed:PROPOSED_TYPE]->(own)
WITH labelled, coin, own, backed.probability AS probability_own
CALL (coin) {
  MATCH (coin)-[related:RELATED {space: $space}]-(neighbour)-[:OF_TYPE]->(type)
  WITH related, neighbour, type ORDER BY related.score DESC, neighbour.id LIMIT $neighbours
  WITH type, count(*) AS votes, sum(-log10(1 - related.score / 100 + 1e-6)) AS weight,
       collect(neighbour) AS voters, collect(related) AS edges
  ORDER BY weight DESC, type.name
  RETURN collect({type: type, votes: votes, weight: weight, voters: voters, edges: edges}) AS ranking,
         sum(weight) AS total, sum(votes) AS voting
}
WITH *, COLLECT {
  MATCH (coin)-[p:PROPOSED_TYPE]->(rather) WHERE rather <> own
  MATCH (like:Coin {id: p.like})
  RETURN {type: rather, probability: p.probability, votes: 0, weight: 0.0, voters: [like], edges: []}
  ORDER BY p.probability DESC LIMIT 1
}[0] AS predicted
WITH *, CASE WHEN probability_own IS NULL THEN ranking[0]
             ELSE coalesce([r IN ranking WHERE r.type = predicted.type][0], predicted) END AS best
WITH *, best.weight / total AS share_other, predicted.probability AS probability_other,
     coalesce([r IN ranking WHERE r.type = own][0].weight, 0) / total AS share_own
WITH *, CASE WHEN probability_own IS NULL THEN share_other ELSE probability_other END AS doubt,
     coalesce(probability_own, share_own) AS trust
WHERE best.type <> own AND doubt >= $share
  // Nobody doubts what a person said, of the type or of the other one.
  AND NOT EXISTS { (coin)-[:OF_TYPE {source: 'person'}]->() }
  AND NOT EXISTS { (rejected)<-[:REJECTED_TYPE]-(coin) WHERE rejected = best.type }
WITH * ORDER BY doubt - trust DESC, best.weight DESC, coin.id LIMIT $limit
WITH *, best.type AS preferred
RETURN coin.id AS coin, own.name AS type, best.type.name AS neighbours_say, best.votes AS votes, voting AS of,
       share_other, share_own, probability_other, probability_own,
       1.0 * COUNT { (preferred)<-[:OF_TYPE]-() } / labelled AS expected,
       best.voters[0].id AS nearest, best.edges[0].score AS score,
       labelled AS among_labelled_coins,
       [coin, own, best.type] + best.voters + best.edges AS graph
