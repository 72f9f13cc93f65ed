// Coins that bridge two communities
// @answer {rows} of {coins} coins hangs/hang on a second community | No coin hangs on a second community
// @first coin, type, community, share, other_community, share_other
//
// Which coins hang on a second community nearly as much as on a first?
// Asked are the coins nearest to each of its sides, as far as they are above the communities' percentile. `share` and
// `share_other` are the parts of these ties, weighted by likeness, that lead into the two communities; `expected` is
// the other community's part of all coins, which chance would give. Coins of the greatest `betweenness` are looked at.
//
// @param space space: the space to ask
// @param partition partition: the communities
// @param neighbours integer >= 1 = 5: nearest coins of each side that are asked
// @param smallest integer >= 1 = 3: size of the smallest community that counts
// @param candidates integer >= 1 = 500: coins looked at
// @param limit integer >= 1 = 25: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (partition:Partition {id: $partition, space: $space})
MATCH (coin:Coin)
WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
WITH partition, coin, coalesce(coin['betweenness_' + $space], 0.0) AS betweenness
ORDER BY betweenness DESC, coin.id LIMIT $candidates
CALL (partition, coin) {
  MATCH (coin)-[:HAS_SIDE]->(side)
  CALL (partition, side) {
    MATCH (side)-[tie:SIMILAR {space: $space}]-(like)
    WHERE coalesce(tie.percentile, 0) >= partition.percentile // coalesce: from the side, not from the edges' index
    WITH tie, like ORDER BY tie.percentile DESC, like.id LIMIT $neighbours
    RETURN tie, like
  }
  MATCH (like)<-[:HAS_SIDE]-(neighbour:Coin)-[:HAS_SIDE*0..1]->()-[:MEMBER_OF]->(community)-[:IN]->(partition)
  WHERE community.size >= $smallest
  WITH community, tie, neighbour, side, like, -log10(1 - tie.percentile / 100 + 1e-6) AS weight
  ORDER BY weight DESC, neighbour.id
  WITH community, sum(weight) AS weight, count(*) AS ties, collect(neighbour) AS nearest,
       collect([side, tie, like, neighbour])[0] AS strongest
  ORDER BY weight DESC, community.id
  WITH collect({community: community, weight: weight, ties: ties, nearest: nearest, strongest: strongest}) AS parts,
       sum(weight) AS total
  WHERE size(parts) > 1
  RETURN parts[0] AS first, parts[1] AS second, total
}
WITH *, first.weight / total AS share, second.weight / total AS share_other
ORDER BY share_other DESC, betweenness DESC, coin.id LIMIT $limit
RETURN coin.id AS coin,
       [(coin)-[:OF_TYPE]->(t) | t.name][0] AS type,
       first.community.name AS community, share, first.ties AS ties, first.nearest[0].id AS nearest,
       second.community.name AS other_community, share_other, second.ties AS other_ties,
       second.nearest[0].id AS nearest_there, 1.0 * second.community.size / partition.coins AS expected, betweenness,
       partition.coins AS among_coins,
       [coin, first.community, second.community] + first.strongest + second.strongest AS graph
ORDER BY share_other DESC, betweenness DESC, coin
