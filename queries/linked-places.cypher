// Mints or findspots linked by similar coins
// @answer {rows} pair(s) of places has/have coins that resemble each other | No two places have coins that resemble each other
// @first place, other_place, links, times_expected
//
// Which mints, findspots, authorities … have coins that resemble each other?
// Of the closest pairs of coins, `links` have one coin at each of the two places; `expected` is what the same number of
// links would give if they fell on coins of known place by chance, and `times_expected` compares the two.
//
// @param space space: the space to ask
// @param by mint|findspot|authority|denomination|material|provenance = mint: the kind of place
// @param percentile number 0..100 = 95: a pair's score at least
// @param pairs integer >= 1 = 5000: closest pairs looked at
// @param within boolean = false: list links inside one place too
// @param limit integer >= 1 = 25: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (a)-[related:RELATED]->(b)
WHERE related.space = $space AND related.score >= $percentile
  AND ($collections = [] OR all(coin IN [a, b] WHERE EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections }))
WITH a, related, b ORDER BY related.space DESC, related.score DESC LIMIT $pairs // the index's order: no more are read
WITH a, related, b, {mint: 'Mint', findspot: 'Findspot', authority: 'Authority', denomination: 'Denomination',
                     material: 'Material', provenance: 'Provenance'}[$by] AS kind
MATCH (a)-[:STRUCK_AT|FOUND_AT|ISSUED_BY|OF_DENOMINATION|MADE_OF|FROM_PROVENANCE]->(one) WHERE kind IN labels(one)
MATCH (b)-[:STRUCK_AT|FOUND_AT|ISSUED_BY|OF_DENOMINATION|MADE_OF|FROM_PROVENANCE]->(two) WHERE kind IN labels(two)
WITH kind, collect({a: a, b: b, related: related, low: CASE WHEN one.name <= two.name THEN one ELSE two END,
                    high: CASE WHEN one.name <= two.name THEN two ELSE one END}) AS found, count(*) AS total
WITH found, total, COLLECT {
  MATCH (place:Mint|Findspot|Authority|Denomination|Material|Provenance) WHERE kind IN labels(place)
  RETURN {place: place, coins: COUNT { (place)<--(coin)
    WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections }) }}
} AS places
WITH found, total, places, reduce(all = 0, p IN places | all + p.coins) AS coins
UNWIND found AS row
WITH total, places, coins, row ORDER BY row.related.score DESC
WITH total, places, coins, row.low AS low, row.high AS high, count(*) AS links, avg(row.related.score) AS mean_score,
     collect(row)[..5] AS closest
WHERE $within OR low <> high
WITH *, [p IN places WHERE p.place = low][0].coins AS low_coins,
     [p IN places WHERE p.place = high][0].coins AS high_coins
WITH *, CASE WHEN low = high THEN 1.0 * low_coins * (low_coins - 1) ELSE 2.0 * low_coins * high_coins END
        / (coins * (coins - 1)) * total AS expected
ORDER BY links / expected DESC, links DESC, low.name, high.name LIMIT $limit
RETURN low.name AS place, high.name AS other_place, links, expected, links / expected AS times_expected, mean_score,
       low_coins AS coins_here, high_coins AS coins_there, closest[0].a.id AS closest, closest[0].b.id AS to,
       total AS among_links, coins AS among_coins,
       [low, high] + reduce(all = [], row IN closest | all + [row.a, row.b, row.related]) AS graph
