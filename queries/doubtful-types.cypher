// Coins whose neighbours contradict their type
// @answer {rows} type(s) is/are doubtful{alarms}: the coins most like them are of another type | No coin has a doubtful type
// @first coin, type, probability_own, neighbours_say, probability_other, nearest
// @false probability_own
//
// Which records are likelier wrong than right?
// Where `coingraph propose` has run, these are all the records that it doubts, the most doubtful first: by the coins most
// like it, and by how far records can be trusted, the catalogued type is less probable than 0.5 (`probability_own`);
// `probability_other` is that of the likeliest other type. Else the coins of close pairs whose types differ are
// examined: the nearest labelled coins of each vote, weighted by likeness, and none may be of the catalogued type.
// `share_other` is the part of the votes for the other type, `share_own` the part for the catalogued one; `expected` is
// the other type's part of all labelled coins, which chance would give.
//
// @param space space: the space to ask
// @param percentile number 0..100 = 80: score of the closest pairs that are examined, at least
// @param pairs integer >= 1 = 10000: closest pairs examined
// @param neighbours integer >= 1 = 5: labelled coins that vote
// @param share number 0..1 = 0.6: share of the votes for the other type, at least, where `propose` has not run
// @param limit integer >= 1 = 25: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (:Coin)-[:OF_TYPE]->()
WITH count(*) AS labelled
WITH labelled, EXISTS {
  MATCH (c:Coin) WHERE c.none_of_these IS NOT NULL
    AND ($collections = [] OR EXISTS { (c)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
} AS judged
CALL (judged) {
  WITH judged WHERE NOT judged
  MATCH (a)-[apart:RELATED]->(b)
  WHERE apart.space = $space AND apart.score >= $percentile
    AND ($collections = [] OR any(coin IN [a, b] WHERE EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections }))
  WITH a, b ORDER BY apart.space DESC, apart.score DESC LIMIT $pairs // the index's order: no more are read
  MATCH (a)-[:OF_TYPE]->(one), (b)-[:OF_TYPE]->(two) WHERE one <> two
  UNWIND [a, b] AS coin
  RETURN coin, null AS probability_own, null AS predicted
  UNION
  MATCH (own)<-[:OF_TYPE]-(coin:Coin)-[backed:PROPOSED_TYPE]->(own) WHERE backed.probability < 0.5
  RETURN coin, backed.probability AS probability_own, COLLECT {
    MATCH (coin)-[p:PROPOSED_TYPE]->(rather) WHERE rather <> own
    MATCH (like:Coin {id: p.like})
    RETURN {type: rather, probability: p.probability, votes: 0, weight: 0.0, voters: [like], edges: []}
    ORDER BY p.probability DESC, rather.name LIMIT 1
  }[0] AS predicted
}
MATCH (coin)-[:OF_TYPE]->(own)
WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
CALL (coin) {
  MATCH (coin)-[related:RELATED {space: $space}]-(neighbour)-[:OF_TYPE]->(type)
  WITH related, neighbour, type ORDER BY related.score DESC, neighbour.id LIMIT $neighbours
  WITH type, count(*) AS votes, sum(-log10(1 - related.score / 100 + 1e-6)) AS weight,
       collect(neighbour) AS voters, collect(related) AS edges
  ORDER BY weight DESC, type.name
  RETURN collect({type: type, votes: votes, weight: weight, voters: voters, edges: edges}) AS ranking,
         sum(weight) AS total, sum(votes) AS voting
}
WITH *, CASE WHEN judged THEN coalesce([r IN ranking WHERE r.type = predicted.type][0], predicted)
             ELSE ranking[0] END AS best
WITH *, predicted.probability AS probability_other, CASE WHEN voting > 0 THEN best.weight / total END AS share_other,
     CASE WHEN voting > 0 THEN coalesce([r IN ranking WHERE r.type = own][0].weight, 0) / total END AS share_own
WHERE (judged OR share_own = 0 AND share_other >= $share)
  // Nobody doubts what a person said, of the type or of the other one.
  AND NOT EXISTS { (coin)-[:OF_TYPE {source: 'person'}]->() }
  AND NOT EXISTS { (rejected)<-[:REJECTED_TYPE]-(coin) WHERE rejected = best.type }
WITH * ORDER BY coalesce(probability_own, share_own - share_other),
                CASE WHEN judged THEN 0 ELSE best.weight END DESC, coin.id LIMIT $limit
WITH *, best.type AS preferred
RETURN coin.id AS coin, own.name AS type, best.type.name AS neighbours_say, best.votes AS votes, voting AS of,
       share_other, share_own, probability_other, probability_own,
       1.0 * COUNT { (preferred)<-[:OF_TYPE]-() } / labelled AS expected,
       best.voters[0].id AS nearest, best.edges[0].score AS score,
       labelled AS among_labelled_coins,
       [x IN [coin, own, best.type] WHERE x IS NOT NULL] + coalesce(best.voters, []) + coalesce(best.edges, []) AS graph
