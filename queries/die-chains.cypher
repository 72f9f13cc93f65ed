// Pairs of sides that would join two die chains
// @answer {rows} pair(s) of sides would join two die chains | No pair of sides would join two die chains
// @first coin, other, side, probability, die, other_die
//
// Which coins would join two die chains, if they are from one die as it seems?
// A pair of sides speaks for one die (`evidence`, log-odds; `probability`), but the dies that they belong to were kept
// apart and no link joins them. `mean` is what all pairs between the two dies say that were looked at (`pairs`): the
// higher, the better worth a look by eye. Two chains that a die joins were struck in one workshop.
//
// @needs MATCHED by dies
// @param space space: the space whose neighbours were looked at
// @param evidence number -6..6 = 0: log-odds of the pair, at least
// @param limit integer >= 1 = 25: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (a:Side)-[matched:MATCHED]->(b:Side)
WHERE matched.die_evidence >= $evidence AND matched.photographs = left(a.sha256, 16) + left(b.sha256, 16)
MATCH (a)-[:STRUCK_FROM]->(one)-[:IN]->(:DieStudy {space: $space})<-[:IN]-(two)<-[:STRUCK_FROM]-(b)
WHERE one.chain <> two.chain
WITH one, two, a, b, matched ORDER BY matched.die_evidence DESC, a.id, b.id
WITH one, two, collect({a: a, b: b, matched: matched}) AS pairs
WITH one, two, pairs, pairs[0].a AS a, pairs[0].b AS b, pairs[0].matched AS matched
CALL (one, two) {
  MATCH (one)<-[:STRUCK_FROM]-()-[m:MATCHED]-()-[:STRUCK_FROM]->(two)
  WHERE m.die_evidence IS NOT NULL
  RETURN avg(m.die_evidence) AS mean, count(m) AS looked_at
}
MATCH (coin:Coin)-[:HAS_SIDE]->(a), (other:Coin)-[:HAS_SIDE]->(b)
WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
  AND ($collections = [] OR EXISTS { (other)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
WITH * ORDER BY mean DESC, matched.die_evidence DESC, coin.id LIMIT $limit
RETURN coin.id AS coin, other.id AS other, one.face AS side, matched.die_evidence AS evidence,
       1 / (1 + exp(-matched.die_evidence)) AS probability, mean, size(pairs) AS speak_for_one_die, looked_at AS pairs,
       one.name + coalesce(' of ' + one.type, '') AS die, two.name + coalesce(' of ' + two.type, '') AS other_die, one.chain AS chain, two.chain AS other_chain,
       [(coin)-[:OF_TYPE]->(t) | t.name][0] AS type,
       [(other)-[:OF_TYPE]->(t) | t.name][0] AS other_type, CASE WHEN $collections = [] THEN COUNT { (:Coin) }
       ELSE COUNT { (:Coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections } END AS among_coins,
       [coin, a, matched, b, other, one, two] AS graph
