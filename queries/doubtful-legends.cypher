// Legends that read otherwise than the table says
// @answer {rows} side(s) reads/read otherwise than the table says | No legend reads otherwise than the table says
// @first coin, side, recorded, neighbours_say, share, legend_read
//
// On which sides do letters read contradict the recorded legend?
// Of each side whose letters were read and whose legend the table has (columns `obverse_legend`, `reverse_legend`) the
// sides of the same face with the most alike letters are asked which legend the table gives them. Where `share` of
// these votes, weighted by cosine, are for one other legend, and none is for its own, the record is likelier wrong than
// the reading; `cosine` is that of the nearest. `legend_read` is a reading, not a record.
//
// @param neighbours integer >= 1 = 5: sides that vote
// @param share number 0..1 = 0.6: share of the votes for the other legend, at least
// @param cosine number -1..1 = 0.4: cosine of the letters of the nearest, at least
// @param limit integer >= 1 = 25: rows at most
// @param collections collections = []: only coins of these; [] for all
UNWIND ['obverse', 'reverse'] AS side
MATCH (coin:Coin)-[:HAS_SIDE]->(s) WHERE coin[side + '_legend'] IS NOT NULL AND s.vector_legend IS NOT NULL
  AND s.legend_source = s.sha256 AND (side = 'obverse') = (s:Obverse)
  AND ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
WITH coin, side, s, toString(coin[side + '_legend']) AS recorded
CALL (coin, side, s, recorded) {
  CALL db.index.vector.queryNodes('vector_legend_' + side, 4 * $neighbours + 1, s.vector_legend) YIELD node, score
  MATCH (other:Coin)-[:HAS_SIDE]->(node)
  WHERE other <> coin AND other[side + '_legend'] IS NOT NULL AND node.sha256 <> s.sha256 AND score > 0.5
  WITH recorded, toString(other[side + '_legend']) AS legend, 2 * score - 1 AS cosine, other
  ORDER BY cosine DESC, other.id LIMIT $neighbours
  WITH recorded, collect({legend: legend, cosine: cosine, coin: other}) AS votes
  UNWIND votes AS vote
  WITH recorded, votes, vote.legend AS legend, sum(vote.cosine) AS weight, max(vote.cosine) AS nearest
  ORDER BY weight DESC, legend
  RETURN collect({legend: legend, weight: weight, nearest: nearest})[0] AS best, sum(weight) AS total,
         collect(votes)[0] AS voters
}
WITH *, best.weight / total AS share
WHERE best.legend <> recorded AND share >= $share AND best.nearest >= $cosine
  AND none(vote IN voters WHERE vote.legend = recorded)
RETURN coin.id AS coin, side, recorded, best.legend AS neighbours_say, share, s.legend_read AS legend_read,
       best.nearest AS cosine, [(coin)-[:OF_TYPE]->(t) | t.name][0] AS type,
       [coin, s] + [vote IN voters | vote.coin] AS graph
ORDER BY share DESC, cosine DESC, coin, side LIMIT $limit
