// Dies that contradict the catalogue
// @answer {rows} pair(s) of sides is/are of one die, say the photographs, and of two, says the catalogue | Photographs and catalogue nowhere contradict each other by dies
// @first coin, other, side, probability, differs, says, other_says
//
// Where is the evidence for one die overwhelming, though the catalogue has two legends or types?
// Either the catalogue errs for one of the two coins, or the die was recut: look at the letters. `differs` says what of
// the catalogue speaks against one die, `says` and `other_says` what it has. `probability` is told by pairs of this
// collection that differ in the same way, among which hardly one is of one die. Such sides are never linked by
// themselves where legends differ; what you decide with `coingraph same-die` and `not-same-die` is not asked again.
//
// @needs MATCHED by dies
// @param space space: the space to ask
// @param probability number 0..1 = 0.99: probability at least
// @param limit integer >= 1 = 50: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (a:Side)-[matched:MATCHED]->(b:Side)
WHERE matched.die_against IS NOT NULL AND 1 / (1 + exp(-matched.die_evidence)) >= $probability
  AND matched.photographs = left(a.sha256, 16) + left(b.sha256, 16)
  AND a['source_' + $space] IS NOT NULL AND b['source_' + $space] IS NOT NULL
MATCH (coin:Coin)-[:HAS_SIDE]->(a), (other:Coin)-[:HAS_SIDE]->(b)
WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
  AND ($collections = [] OR EXISTS { (other)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
  AND NOT EXISTS { (a)<-[:ABOUT]-(v:Verdict {undone: false})-[:ABOUT]->(b) WHERE v.kind IN ['same-die', 'not-same-die'] }
WITH coin, other, a, b, matched, CASE WHEN a:Obverse THEN 'obverse' ELSE 'reverse' END AS side
ORDER BY matched.die_evidence DESC, matched.die_close DESC, coin.id, other.id LIMIT $limit
WITH *, [(coin)-[:OF_TYPE]->(t) | t.name][0] AS type, [(other)-[:OF_TYPE]->(t) | t.name][0] AS other_type
RETURN coin.id AS coin, other.id AS other, side, 1 / (1 + exp(-matched.die_evidence)) AS probability,
       matched.die_against AS differs,
       CASE matched.die_against WHEN 'legend' THEN coin[side + '_legend'] ELSE type END AS says,
       CASE matched.die_against WHEN 'legend' THEN other[side + '_legend'] ELSE other_type END AS other_says,
       matched.die_close AS agree, type, other_type,
       CASE WHEN $collections = [] THEN COUNT { (:Coin) }
       ELSE COUNT { (:Coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections } END AS among_coins,
       [coin, a, matched, b, other] AS graph
