// Legends that were read and no table has
// @answer {rows} side(s) was/were read and has/have no recorded legend | No side was read that has no recorded legend
// @first coin, side, legend_read, sure, likely
//
// Which legends could be recorded?
// Sides with `letters` or more that are sure (probability above 0.8), whose legend the table does not have, the most sure
// letters first. `likely` is the legend that the table gives the side with the most alike letters, whose cosine is
// `cosine`. `legend_read` is a reading, not a record.
//
// @param letters integer >= 1 = 6: sure letters, at least
// @param cosine number -1..1 = 0.4: cosine of the most alike letters, at least, to name a likely legend
// @param limit integer >= 1 = 25: rows at most
// @param collections collections = []: only coins of these; [] for all
UNWIND ['obverse', 'reverse'] AS side
MATCH (coin:Coin)-[:HAS_SIDE]->(s) WHERE coin[side + '_legend'] IS NULL AND s.vector_legend IS NOT NULL
  AND s.legend_source = s.sha256 AND (side = 'obverse') = (s:Obverse)
  AND ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
WITH coin, side, s, size([one IN s.legend_confidence WHERE one > 0.8]) AS sure WHERE sure >= $letters
WITH * ORDER BY sure DESC, coin.id, side LIMIT $limit
CALL (coin, side, s) {
  CALL db.index.vector.queryNodes('vector_legend_' + side, 20, s.vector_legend) YIELD node, score
  MATCH (other:Coin)-[:HAS_SIDE]->(node)
  WHERE other <> coin AND other[side + '_legend'] IS NOT NULL AND 2 * score - 1 >= $cosine
  WITH toString(other[side + '_legend']) AS likely, 2 * score - 1 AS cosine, other
  ORDER BY cosine DESC, other.id LIMIT 1
  RETURN collect({likely: likely, cosine: cosine})[0] AS nearest
}
RETURN coin.id AS coin, side, s.legend_read AS legend_read, sure, nearest.likely AS likely, nearest.cosine AS cosine,
       [(coin)-[:OF_TYPE]->(t) | t.name][0] AS type, [coin, s] AS graph
ORDER BY sure DESC, coin, side
