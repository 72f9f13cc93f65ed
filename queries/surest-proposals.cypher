// Proposed types, the surest first
// @answer {rows} coin(s) without a type has/have a proposal | No coin without a type has a proposal
// @first coin, type, probability, or_rather, or_probability, like
//
// Which type does `coingraph propose` give to each coin that has none, and how sure is it?
// `probability` is calibrated on coins of known type, each left out; `expected` is the type's part of all labelled
// coins, which chance would give. `none_of_these` is how probable it is that the coin is of no type that is known.
// `like` is the coin of that type that it is most like. Predicted types never count as labels.
//
// @param space space: the space whose edges are drawn
// @param probability number 0..1 = 0: a proposal's probability at least
// @param limit integer >= 1 = 50: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (:Coin)-[:OF_TYPE]->()
WITH count(*) AS labelled
MATCH (coin:Coin)-[proposed:PROPOSED_TYPE]->(type:CoinType)
WHERE proposed.probability >= $probability
  AND NOT EXISTS { (coin)-[:OF_TYPE]->() }
  AND ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
WITH labelled, coin, proposed, type ORDER BY proposed.probability DESC, coin.id, type.name
WITH labelled, coin, collect({edge: proposed, type: type}) AS proposals
ORDER BY proposals[0].edge.probability DESC, coin.id LIMIT $limit
OPTIONAL MATCH (like:Coin {id: proposals[0].edge.like})
OPTIONAL MATCH (coin)-[related:RELATED {space: $space}]-(like)
WITH *, proposals[0].type AS likeliest
RETURN coin.id AS coin, likeliest.name AS type, proposals[0].edge.probability AS probability,
       1.0 * COUNT { (likeliest)<-[:OF_TYPE]-() } / labelled AS expected,
       proposals[1].type.name AS or_rather, proposals[1].edge.probability AS or_probability,
       coin.none_of_these AS none_of_these, like.id AS like, related.score AS score, related.evidence AS evidence,
       labelled AS among_labelled_coins,
       [coin, likeliest, proposals[0].edge] + [x IN [like, related] WHERE x IS NOT NULL] AS graph
