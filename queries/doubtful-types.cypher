// Coins whose neighbours contradict their type
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
MATCH (:Coin)-[o:OF_TYPE]->(:CoinType) WHERE o.source <> 'predicted'
WITH count(*) AS labelled
CALL () {
  MATCH (a)-[apart:RELATED]->(b)
  WHERE apart.space = $space AND apart.score >= $percentile
  WITH a, b ORDER BY apart.space DESC, apart.score DESC LIMIT $pairs // the index's order: no more are read
  MATCH (a)-[o:OF_TYPE]->(one) WHERE o.source <> 'predicted'
  MATCH (b)-[p:OF_TYPE]->(two) WHERE p.source <> 'predicted' AND one <> two
  UNWIND [a, b] AS coin
  RETURN coin
  UNION
  MATCH (:CoinType)<-[o:OF_TYPE]-(coin) WHERE o.source = 'predicted'
    AND EXISTS { MATCH (coin)-[p:OF_TYPE]->() WHERE p.source <> 'predicted' }
  RETURN coin
}
CALL (coin) {
  MATCH (coin)-[o:OF_TYPE]->(own) WHERE o.source <> 'predicted'
  RETURN own, o.probability AS probability_own ORDER BY o.source DESC LIMIT 1
}
CALL (coin) {
  MATCH (coin)-[related:RELATED {space: $space}]-(neighbour)
  WITH related, neighbour ORDER BY related.score DESC, neighbour.id // then labels: no more are asked for than needed
  WITH related, neighbour WHERE EXISTS { MATCH (neighbour)-[o:OF_TYPE]->() WHERE o.source <> 'predicted' }
  WITH related, neighbour LIMIT $neighbours
  CALL (neighbour) {
    MATCH (neighbour)-[o:OF_TYPE]->(type) WHERE o.source <> 'predicted' RETURN type ORDER BY o.source DESC LIMIT 1
  }
  WITH type, count(*) AS votes, sum(-log10(1 - related.score / 100 + 1e-6)) AS weight,
       collect(neighbour) AS voters, collect(related) AS edges
  ORDER BY weight DESC, type.name
  RETURN collect({type: type, votes: votes, weight: weight, voters: voters, edges: edges}) AS ranking,
         sum(weight) AS total, sum(votes) AS voting
}
WITH *, COLLECT {
  MATCH (coin)-[o:OF_TYPE]->(rather) WHERE o.source = 'predicted'
  MATCH (like:Coin {id: o.like})
  RETURN {type: rather, probability: o.probability, votes: 0, weight: 0.0, voters: [like], edges: []}
  ORDER BY o.probability DESC LIMIT 1
}[0] AS predicted
WITH *, CASE WHEN probability_own IS NULL THEN ranking[0]
             ELSE coalesce([r IN ranking WHERE r.type = predicted.type][0], predicted) END AS best
WITH *, best.weight / total AS share_other, predicted.probability AS probability_other,
     coalesce([r IN ranking WHERE r.type = own][0].weight, 0) / total AS share_own
WITH *, CASE WHEN probability_own IS NULL THEN share_other ELSE probability_other END AS doubt,
     coalesce(probability_own, share_own) AS trust
WHERE best.type <> own AND doubt >= $share
WITH * ORDER BY doubt - trust DESC, best.weight DESC, coin.id LIMIT $limit
WITH *, best.type AS preferred
RETURN coin.id AS coin, own.name AS type, best.type.name AS neighbours_say, best.votes AS votes, voting AS of,
       share_other, share_own, probability_other, probability_own,
       1.0 * COUNT { (preferred)<-[o:OF_TYPE]-() WHERE o.source <> 'predicted' } / labelled AS expected,
       best.voters[0].id AS nearest, best.edges[0].score AS score,
       labelled AS among_labelled_coins,
       [coin, own, best.type] + best.voters + best.edges AS graph
