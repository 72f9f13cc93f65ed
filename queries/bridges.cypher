// Coins that bridge two communities
//
// Which coins hang on a second community nearly as much as on their own?
// `share_own` and `share_other` are the parts of a coin's ties that lead into its own and into the other community,
// weighted by likeness, over the edges that made the communities; `expected` is the other community's part of all
// coins, which chance would give. Coins of the greatest `betweenness` are looked at.
//
// @param space space: the space to ask
// @param partition partition: the communities
// @param smallest integer = 3: size of the smallest community that counts
// @param candidates integer = 500: coins looked at
// @param limit integer = 25: rows at most
MATCH (partition:Partition {id: $partition, space: $space})<-[:IN]-(own:Community)<-[:MEMBER_OF]-(member)
WITH partition, own, member, coalesce(member['betweenness_' + $space], 0.0) AS betweenness
WHERE own.size >= $smallest
ORDER BY betweenness DESC, member.id LIMIT $candidates
CALL (partition, member, own) {
  MATCH (member)-[tie:RELATED|SIMILAR {space: $space}]-(neighbour)
        -[:MEMBER_OF]->(community:Community)-[:IN]->(partition)
  WHERE coalesce(tie.score, tie.percentile) >= partition.percentile
  WITH community, own, tie, neighbour, -log10(1 - coalesce(tie.score, tie.percentile) / 100 + 1e-6) AS weight
  ORDER BY weight DESC, neighbour.id
  WITH community, own, sum(weight) AS weight, count(*) AS ties, head(collect(neighbour)) AS nearest,
       head(collect(tie)) AS tie
  WITH sum(weight) AS total, sum(CASE WHEN community = own THEN weight ELSE 0 END) AS inside,
       collect(CASE WHEN community <> own AND community.size >= $smallest
               THEN {community: community, weight: weight, ties: ties, nearest: nearest, tie: tie} END) AS others
  UNWIND others AS other
  WITH total, inside, other ORDER BY other.weight DESC, other.community.id LIMIT 1
  RETURN other, other.weight / total AS share_other, inside / total AS share_own
}
WITH * ORDER BY share_other DESC, betweenness DESC, member.id LIMIT $limit
MATCH (coin:Coin)-[:HAS_SIDE*0..1]->(member)
RETURN coin.id AS coin,
       COLLECT {
         MATCH (coin)-[o:OF_TYPE]->(t) WHERE o.source <> 'predicted' RETURN t.name ORDER BY o.source DESC LIMIT 1
       }[0] AS type,
       own.name AS community, share_own, other.community.name AS other_community, share_other,
       1.0 * other.community.size / partition.coins AS expected, other.ties AS ties, other.nearest.id AS nearest_there,
       betweenness, partition.coins AS among_coins,
       [coin, member, own, other.community, other.nearest, other.tie] AS graph
ORDER BY share_other DESC, betweenness DESC, coin
