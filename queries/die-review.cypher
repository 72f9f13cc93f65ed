// Pairs of sides that may be of one die
// @answer {rows} pair(s) of sides may be of one die and should be looked at | No pair of sides needs a look
// @first coin, other, side, probability, why
//
// Which pairs of sides may be of one die, but are not shown as such?
// `why` says what is against it. `unsure`: likelier of one die than not, but by less than nine in ten, or a verdict
// against it was taken back. `types differ`: the photographs say one die and the catalogue two, so that one of the two
// errs. `legends differ`: so do they, by nine in ten at least; up to there a legend is the better evidence. `other
// pairs`: the pair is clear, but the other pairs of both dies kept them apart. `probability` is told by pairs of this
// collection that cannot be of one die; `agree` is the share of places that lie on one another. What you decide with
// `coingraph same-die` and `not-same-die` is not asked again.
//
// @needs MATCHED by dies
// @param space space: the space whose neighbours were looked at
// @param probability number 0..1 = 0.5: probability at least
// @param limit integer >= 1 = 50: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (a:Side)-[matched:MATCHED]->(b:Side)
WHERE matched.die_likeness IS NOT NULL AND 1 / (1 + exp(-matched.die_evidence)) >= $probability
  AND matched.photographs = left(a.sha256, 16) + left(b.sha256, 16)
  AND (coalesce(matched.die_against, '') <> 'legend' OR matched.die_evidence >= log(9))
MATCH (coin:Coin)-[:HAS_SIDE]->(a), (other:Coin)-[:HAS_SIDE]->(b)
WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
  AND ($collections = [] OR EXISTS { (other)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
  AND NOT EXISTS { (a)<-[:ABOUT]-(v:Verdict {undone: false})-[:ABOUT]->(b) WHERE v.kind IN ['same-die', 'not-same-die'] }
WITH coin, other, a, b, matched, [(coin)-[:OF_TYPE]->(t) | t.name][0] AS type,
     [(other)-[:OF_TYPE]->(t) | t.name][0] AS other_type, EXISTS { (a)-[:SAME_DIE]->(b) } AS shown,
     [(a)-[:STRUCK_FROM]->(d)-[:IN]->(:DieStudy {space: $space}) | d.id][0] AS one,
     [(b)-[:STRUCK_FROM]->(d)-[:IN]->(:DieStudy {space: $space}) | d.id][0] AS two
WITH *, CASE WHEN matched.die_against = 'legend' THEN 'legends differ'
             WHEN matched.die_against = 'type' THEN 'types differ'
             WHEN one <> two AND matched.die_evidence > log(9) AND NOT EXISTS {
               (a)<-[:ABOUT]-(v:Verdict {undone: true, kind: 'not-same-die'})-[:ABOUT]->(b) } THEN 'other pairs'
             WHEN NOT shown THEN 'unsure' END AS why
WHERE why IS NOT NULL
WITH * ORDER BY matched.die_evidence DESC, matched.die_close DESC, coin.id, other.id LIMIT $limit
RETURN coin.id AS coin, other.id AS other, CASE WHEN a:Obverse THEN 'obverse' ELSE 'reverse' END AS side,
       1 / (1 + exp(-matched.die_evidence)) AS probability, why, matched.die_close AS agree, type, other_type,
       CASE WHEN $collections = [] THEN COUNT { (:Coin) }
       ELSE COUNT { (:Coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections } END AS among_coins,
       [coin, a, matched, b, other] AS graph
