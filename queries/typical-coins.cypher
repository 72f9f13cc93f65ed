// The most typical coins of each community
// @answer {rows} coin(s) that stands/stand for their community best | There is no community
// @first community, place, coin, type, times_mean
//
// Which coins stand for each community best?
// Typical is what many others of the community resemble strongly: the highest PageRank. `times_mean` compares it with
// the community's mean, which would be 1 for a coin taken by chance.
//
// @param space space: the space to ask
// @param partition partition: the communities
// @param coins integer >= 1 = 3: coins of each community
// @param smallest integer >= 1 = 2: size of the smallest community to list
// @param limit integer >= 1 = 300: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (:Partition {id: $partition, space: $space})<-[:IN]-(community:Community)
WHERE community.size >= $smallest
CALL (community) {
  MATCH (community)<-[membership:MEMBER_OF]-(member)
  WHERE $collections = [] OR EXISTS { (member)<-[:HAS_SIDE*0..1]-()-[:IN_COLLECTION]->(k) WHERE k.name IN $collections }
  WITH member, membership, coalesce(member['pagerank_' + $space], 0.0) AS pagerank ORDER BY pagerank DESC, member.id
  WITH avg(pagerank) AS mean, collect({member: member, membership: membership, pagerank: pagerank})[..$coins] AS best
  UNWIND range(1, size(best)) AS place
  RETURN place, best[place - 1] AS pick, mean
}
WITH community, place, mean, pick.pagerank AS pagerank, pick.member AS member, pick.membership AS membership
MATCH (coin:Coin)-[has:HAS_SIDE*0..1]->(member)
WITH * ORDER BY community.size DESC, size(community.id), community.id, place LIMIT $limit
RETURN community.name AS community, community.size AS coins, place, coin.id AS coin,
       [(coin)-[:OF_TYPE]->(t) | t.name][0] AS type,
       pagerank, CASE WHEN mean > 0 THEN pagerank / mean END AS times_mean,
       COUNT { (:Partition {id: $partition})<-[:IN]-()<-[:MEMBER_OF]-() } AS among_coins,
       [community, coin, member, membership] + has AS graph
