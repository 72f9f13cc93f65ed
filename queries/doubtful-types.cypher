// Coins whose neighbours contradict their type
//
// Which labels do the nearest coins speak against?
// The nearest labelled coins vote, weighted by likeness. `share_other` is the part of the votes for the type that they
// prefer, `share_own` the part for the catalogued one; `expected` is the preferred type's part of all labelled coins,
// which chance would give.
//
// @param space space: the space to ask
// @param neighbours integer = 5: labelled coins that vote
// @param share number = 0.6: share of the votes for the other type, at least
// @param limit integer = 25: rows at most
MATCH (coin:Coin)-[o:OF_TYPE]->(own:CoinType)
WHERE o.source <> 'predicted'
  AND NOT EXISTS { MATCH (coin)-[b:OF_TYPE]->() WHERE b.source <> 'predicted' AND b.source > o.source }
WITH collect({coin: coin, own: own}) AS rows, count(*) AS labelled
UNWIND rows AS row
WITH labelled, row.coin AS coin, row.own AS own
CALL (coin) {
  MATCH (coin)-[related:RELATED {space: $space}]-(neighbour:Coin)-[o:OF_TYPE]->(type:CoinType)
  WHERE o.source <> 'predicted'
    AND NOT EXISTS { MATCH (neighbour)-[b:OF_TYPE]->() WHERE b.source <> 'predicted' AND b.source > o.source }
  WITH related, neighbour, type ORDER BY related.score DESC, neighbour.id LIMIT $neighbours
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
RETURN coin.id AS coin, own.name AS type, best.type.name AS neighbours_say, best.votes AS votes, voting AS of,
       share_other, share_own,
       1.0 * COUNT { MATCH (t)<-[o:OF_TYPE]-() WHERE t = best.type AND o.source <> 'predicted' } / labelled AS expected,
       best.voters[0].id AS nearest, best.edges[0].score AS score,
       labelled AS among_labelled_coins,
       [coin, own, best.type] + best.voters + best.edges AS graph
