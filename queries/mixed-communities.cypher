// Types that a community mixes
// @answer {rows} community/communities holds/hold coins of several types | No community mixes types
// @first community, coins, types, purity, mixes
//
// Which communities hold coins of several types, and of which?
// `purity` is the commonest type's part of the community's labelled coins; `expected` is that type's part of all
// labelled coins, which chance would give.
//
// @param space space: the space to ask
// @param partition partition: the communities
// @param least integer >= 1 = 1: coins of a second type at least
// @param limit integer >= 1 = 25: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (:Partition {id: $partition, space: $space})<-[:IN]-(community:Community)<-[:MEMBER_OF]-(member)
MATCH (coin:Coin)-[:HAS_SIDE*0..1]->(member)
MATCH (coin)-[o:OF_TYPE]->(type)
WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
WITH community, type, count(*) AS coins, collect(coin)[..10] AS examples, collect(o)[..10] AS labels
WITH collect({community: community, type: type, coins: coins, examples: examples, labels: labels}) AS parts,
     sum(coins) AS labelled
WITH parts, labelled, COLLECT {
  UNWIND parts AS part WITH part.type AS type, sum(part.coins) AS coins RETURN {type: type, coins: coins}
} AS totals
UNWIND parts AS part
WITH labelled, totals, part ORDER BY part.coins DESC, part.type.name
WITH labelled, totals, part.community AS community, sum(part.coins) AS known, collect(part) AS mix
WHERE size(mix) > 1 AND mix[1].coins >= $least
WITH *, 1.0 * mix[0].coins / known AS purity,
     1.0 * [t IN totals WHERE t.type = mix[0].type][0].coins / labelled AS expected
ORDER BY known - mix[0].coins DESC, community.id LIMIT $limit
RETURN community.name AS community, community.size AS coins, known AS labelled, size(mix) AS types, purity, expected,
       [part IN mix | part.type.name + ': ' + part.coins] AS mixes, labelled AS among_labelled_coins,
       [community] + reduce(all = [], part IN mix | all + [part.type] + part.examples + part.labels) AS graph
