// Where persons disagree
// @answer {rows} time(s) two persons gave verdicts that cannot both be right | No two persons disagree
//
// On what did two persons give verdicts that cannot both be right?
// Of each person the last verdict on a coin, or on two coins, is taken; what was undone does not count. Both stay; the
// later one decides (`says`, by `who`). To take one of them back give `coingraph undo` its number.
//
// @param limit integer >= 1 = 100: rows at most
CALL () {
  MATCH (v:Verdict {undone: false})-[:ABOUT]->(coin) WHERE v.kind IN ['type', 'accept']
  RETURN v, [coin] AS about, 'type' AS what, v.type AS says
  UNION ALL
  MATCH (v:Verdict {undone: false})-[:ABOUT]->(coin) WHERE v.kind IN ['type', 'accept', 'reject']
  RETURN v, [coin] AS about, 'whether it is ' + v.type AS what,
         CASE v.kind WHEN 'reject' THEN 'no' ELSE 'yes' END AS says
  UNION ALL
  MATCH (one)<-[:ABOUT {place: 0}]-(v:Verdict {undone: false})-[:ABOUT {place: 1}]->(two)
  WHERE v.kind IN ['same-type', 'not-same-type', 'same-die', 'not-same-die']
  RETURN v, CASE WHEN one.id < two.id THEN [one, two] ELSE [two, one] END AS about,
         'same ' + split(v.kind, '-')[-1] + coalesce(', ' + v.face, '') AS what,
         CASE WHEN v.kind STARTS WITH 'not' THEN 'no' ELSE 'yes' END AS says
}
WITH about, what, v, says ORDER BY coalesce(v.at, datetime({year: 1})) DESC, v.number DESC
WITH about, what, v.author AS author, collect({v: v, says: says})[0] AS last
ORDER BY coalesce(last.v.at, datetime({year: 1})) DESC, last.v.number DESC
WITH about, what, collect(last) AS said
UNWIND [one IN said[1..] WHERE one.says <> said[0].says] AS other
WITH about, what, said[0] AS counts, other ORDER BY counts.v.number DESC, other.v.number DESC, what LIMIT $limit
WITH *, [one IN about | coalesce([(c)-[:HAS_SIDE|LEFT_OUT]->(one) | c][0], one)] AS coins
RETURN coins[0].id AS coin, coins[1].id AS other, what,
       counts.says AS says, counts.v.author AS who, counts.v.number AS number,
       other.says AS other_says, other.v.author AS other_who, other.v.number AS other_number,
       coins AS graph
