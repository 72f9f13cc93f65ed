// One community
//
// Which coins form a community, and how do they hang together?
// The most typical first. `ties` counts the fellow members that a coin is linked with; `outside` its links to other coins.
//
// @param space space: the space to ask
// @param partition partition: the communities
// @param number integer = 1: the community's number, 1 being the largest
// @param limit integer = 50: rows at most
MATCH (community:Community {id: $partition + '/' + $number})-[:IN]->(:Partition {space: $space})
MATCH (community)<-[membership:MEMBER_OF]-(member)
WITH community, member, membership, coalesce(member['pagerank_' + $space], 0.0) AS pagerank
ORDER BY pagerank DESC, member.id LIMIT $limit
MATCH (coin:Coin)-[:HAS_SIDE*0..1]->(member)
WITH *, COLLECT { MATCH (member)-[tie:RELATED|SIMILAR {space: $space}]-(other)-[:MEMBER_OF]->(community) RETURN tie } AS ties,
     COUNT { (member)-[:RELATED|SIMILAR {space: $space}]-() } AS all
RETURN coin.id AS coin,
       COLLECT { MATCH (coin)-[o:OF_TYPE]->(t:CoinType) WHERE o.source <> 'predicted' RETURN t.name ORDER BY o.source DESC LIMIT 1 }[0] AS type,
       pagerank, size(ties) AS ties, all - size(ties) AS outside, community.size AS among,
       [coin, member, community, membership] + ties AS graph
ORDER BY pagerank DESC, coin
