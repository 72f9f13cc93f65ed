// Communities that a type is split into
// @answer {rows} type(s) falls/fall into several communities | No type falls into several communities
// @first type, coins, communities, largest, split_into
//
// Which types fall into several communities, and into which?
// `largest` is the part of the type's coins in the community that has most of them; `expected` is that community's part
// of all coins, which chance would give. `coins` are those in communities, `of` all that the type has.
//
// @param space space: the space to ask
// @param partition partition: the communities
// @param least integer >= 1 = 2: coins in a second community at least
// @param limit integer >= 1 = 25: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (partition:Partition {id: $partition, space: $space})<-[:IN]-(community:Community)<-[:MEMBER_OF]-(member)
MATCH (coin:Coin)-[:HAS_SIDE*0..1]->(member)
MATCH (coin)-[o:OF_TYPE]->(type)
WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
WITH partition, type, community, count(*) AS coins, collect(coin)[..10] AS examples, collect(o)[..10] AS labels
ORDER BY coins DESC, community.id
WITH partition, type, sum(coins) AS coins,
     collect({community: community, coins: coins, examples: examples, labels: labels}) AS parts
WHERE size(parts) > 1 AND parts[1].coins >= $least
WITH *, 1.0 * parts[0].coins / coins AS largest ORDER BY coins - parts[0].coins DESC, type.name LIMIT $limit
RETURN type.name AS type, coins, COUNT { (type)<-[:OF_TYPE]-(coin) WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections }) } AS of,
       size(parts) AS communities, largest, 1.0 * parts[0].community.size / partition.coins AS expected,
       [part IN parts | part.community.name + ': ' + part.coins] AS split_into, partition.coins AS among_coins,
       [type] + reduce(all = [], part IN parts[..10] | all + [part.community] + part.examples + part.labels) AS graph
