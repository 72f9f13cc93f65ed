// The coins of one community
// @answer {rows} coin(s) of the community, the most typical first | There is no such community
// @first coin, type, ties, outside
//
// Which coins form a community, and how do they hang together?
// The most typical first. `ties` counts a coin's links to fellow members, `outside` those to other coins; `expected` is
// the part of its links that chance would keep inside.
//
// @param space space: the space to ask
// @param partition partition: the communities
// @param number integer >= 1 = 1: the community's number, 1 being the largest
// @param limit integer >= 1 = 50: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (community:Community {id: $partition + '/' + $number})-[:IN]->(partition:Partition {space: $space})
MATCH (community)<-[membership:MEMBER_OF]-(member)
WHERE $collections = [] OR EXISTS { (member)<-[:HAS_SIDE*0..1]-()-[:IN_COLLECTION]->(k) WHERE k.name IN $collections }
WITH partition, community, member, membership, coalesce(member['pagerank_' + $space], 0.0) AS pagerank
ORDER BY pagerank DESC, member.id LIMIT $limit
MATCH (coin:Coin)-[:HAS_SIDE*0..1]->(member)
WITH *, COLLECT {
       MATCH (member)-[tie:RELATED|SIMILAR {space: $space}]-()-[:MEMBER_OF]->(community) RETURN tie
     } AS ties,
     COUNT { (member)-[:RELATED|SIMILAR {space: $space}]-() } AS all
RETURN coin.id AS coin,
       [(coin)-[:OF_TYPE]->(t) | t.name][0] AS type,
       pagerank, size(ties) AS ties, all - size(ties) AS outside,
       1.0 * (community.size - 1) / (partition.coins - 1) AS expected, community.size AS among_coins,
       [coin, member, community, membership] + ties AS graph
ORDER BY pagerank DESC, coin
