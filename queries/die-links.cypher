// Dies that struck coins together
// @answer {rows} pair(s) of dies struck coins together | No two dies struck a coin together
// @first chain, types, obverse_die, reverse_die, coins
//
// Which obverse dies of a type struck coins together with which reverse dies?
// Dies are those that `coingraph dies` found, numbered within their type: O1 is its obverse die of most coins. A die of
// another type than the coins bears that type's name. `coins` struck by both stand beside `expected`, what chance would give if
// the type's obverse dies took up its reverse dies as they came. `chain` numbers the dies that links join: coins of one
// chain come from one workshop, or from dies that were carried.
//
// @needs DIE_LINK by dies
// @param space space: the space whose neighbours were looked at
// @param type text = any: a type's name; `any` takes all coins
// @param least integer >= 1 = 1: coins that a pair of dies struck, at least
// @param limit integer >= 1 = 100: rows at most
// @param collections collections = []: only coins of these; [] for all
MATCH (coin:Coin)-[:HAS_SIDE]->(:Obverse)-[:STRUCK_FROM]->(front)-[:IN]->(:DieStudy {space: $space})
MATCH (coin)-[:HAS_SIDE]->(:Reverse)-[:STRUCK_FROM]->(back)-[:IN]->(:DieStudy {space: $space})
WHERE ($collections = [] OR EXISTS { (coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections })
WITH coin, front, back,
     [(coin)-[:OF_TYPE]->(t) | t.name][0] AS type
ORDER BY coin.id
WHERE $type = 'any' OR type = $type
WITH front, back, collect(coin) AS struck, collect(DISTINCT type) AS types
WITH collect({front: front, back: back, struck: struck, types: types}) AS links, sum(size(struck)) AS total
UNWIND links AS link
WITH link, total, link.front AS front, link.back AS back,
     reduce(n = 0, other IN links | n + CASE WHEN other.front = link.front THEN size(other.struck) ELSE 0 END) AS fronts,
     reduce(n = 0, other IN links | n + CASE WHEN other.back = link.back THEN size(other.struck) ELSE 0 END) AS backs
WHERE size(link.struck) >= $least
ORDER BY front.chain, size(link.struck) DESC, front.id, back.id LIMIT $limit
MATCH (front)-[edge:DIE_LINK]->(back)
RETURN front.chain AS chain, link.types AS types,
       front.name + CASE WHEN link.types = [front.type] THEN '' ELSE coalesce(' of ' + front.type, '') END
         AS obverse_die, fronts AS obverse_coins,
       back.name + CASE WHEN link.types = [back.type] THEN '' ELSE coalesce(' of ' + back.type, '') END
         AS reverse_die, backs AS reverse_coins, size(link.struck) AS coins,
       1.0 * fronts * backs / total AS expected, total AS among_coins, [c IN link.struck | c.id] AS struck,
       [front, edge, back] + link.struck AS graph
