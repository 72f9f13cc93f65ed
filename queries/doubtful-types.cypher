// Coins whose neighbours contradict their type
//
// Which labels do the nearest coins speak against?
// Looked at are the coins of close pairs whose types differ. The nearest labelled coins of each vote, weighted by
// likeness. `share_other` is the part of the votes for the type that they prefer, `share_own` the part for the
// catalogued one; `expected` is the preferred type's part of all labelled coins, which chance would give.
//
// @param space space: the space to ask
// @param percentile number 0..100 = 80: score of the closest pairs that are looked at, at least
// @param pairs integer >= 1 = 10000: closest pairs looked at
// @param neighbours integer >= 1 = 5: labelled coins that vote
// @param share number 0..1 = 0.6: share of the votes for the other type, at least
// @param limit integer >= 1 = 25: rows at most
MATCH (:Coin)-[o:OF_TYPE]->(:CoinType) WHERE o.source <> 'predicted'
WITH count(*) AS labelled
MATCH (a)-[apart:RELATED]->(b)
WHERE apart.space = $space AND apart.score >= $percentile
WITH labelled, a, b ORDER BY apart.space DESC, apart.score DESC LIMIT $pairs // the index's order: no more are read
MATCH (a)-[o:OF_TYPE]->(one) WHERE o.source <> 'predicted'
MATCH (b)-[p:OF_TYPE]->(two) WHERE p.source <> 'predicted' AND one <> two
UNWIND [a, b] AS coin
WITH DISTINCT labelled, coin
CALL (coin) {
  MATCH (coin)-[o:OF_TYPE]->(own) WHERE o.source <> 'predicted' RETURN own ORDER BY o.source DESC LIMIT 1
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
WITH labelled, coin, own, ranking[0] AS best, voting, ranking[0].weight / total AS share_other,
     coalesce([r IN ranking WHERE r.type = own][0].weight, 0) / total AS share_own
WHERE best.type <> own AND share_other >= $share
WITH * ORDER BY share_other - share_own DESC, best.weight DESC, coin.id LIMIT $limit
WITH *, best.type AS preferred
RETURN coin.id AS coin, own.name AS type, best.type.name AS neighbours_say, best.votes AS votes, voting AS of,
       share_other, share_own,
       1.0 * COUNT { (preferred)<-[o:OF_TYPE]-() WHERE o.source <> 'predicted' } / labelled AS expected,
       best.voters[0].id AS nearest, best.edges[0].score AS score,
       labelled AS among_labelled_coins,
       [coin, own, best.type] + best.voters + best.edges AS graph
