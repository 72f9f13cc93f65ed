// Outliers in weight or diameter
// @answer {rows} of {coins} coins is/are far from the rest of its/their community{alarms} | No coin is far from the rest of its community
// @chance expected
// @first coin, type, community, value, median, deviations
//
// Which coins are much heavier, lighter, larger or smaller than the rest of their community?
// `deviations` counts robust standard deviations (1.4826 times the median absolute deviation) from the community's
// median. `expected` is how many coins of all that were measured would lie as far out if the values were normal.
//
// @param space space: the space to ask
// @param partition partition: the communities
// @param measure measure = weight: a property of the coins that is a number
// @param deviations number >= 1 = 3.5: robust standard deviations, at least
// @param smallest integer >= 1 = 5: measured coins that a community must have
// @param limit integer >= 1 = 25: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (:Partition {id: $partition, space: $space})<-[:IN]-(community:Community)<-[:MEMBER_OF]-(member)
WHERE community.size >= $smallest
MATCH (coin:Coin)-[:HAS_SIDE*0..1]->(member)
WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
WITH community, coin, toFloatOrNull(coin[$measure]) AS value
WHERE value IS NOT NULL
WITH community, percentileCont(value, 0.5) AS median, collect({coin: coin, value: value}) AS rows
WHERE size(rows) >= $smallest
UNWIND rows AS row
WITH community, median, rows, 1.4826 * percentileCont(abs(row.value - median), 0.5) AS spread
WHERE spread > 0
WITH collect({community: community, median: median, rows: rows, spread: spread}) AS groups
WITH groups, COUNT { MATCH (one:Coin) WHERE toFloatOrNull(one[$measure]) IS NOT NULL } AS measured
UNWIND groups AS g
UNWIND g.rows AS row
WITH measured, g.community AS community, g.median AS median, g.spread AS spread, size(g.rows) AS coins, row,
     (row.value - g.median) / g.spread AS deviations
WHERE abs(deviations) >= $deviations
WITH * ORDER BY abs(deviations) DESC, row.coin.id LIMIT $limit
WITH *, row.coin AS coin
RETURN coin.id AS coin,
       [(coin)-[:OF_TYPE]->(t) | t.name][0] AS type,
       community.name AS community, coins, row.value AS value, median, spread, deviations,
       measured * sqrt(2 / pi()) * exp(-(deviations ^ 2) / 2) / abs(deviations) AS expected,
       measured AS among_measured_coins,
       [coin, community] + COLLECT { MATCH (coin)-[m:MEMBER_OF]->(community) RETURN m } AS graph
