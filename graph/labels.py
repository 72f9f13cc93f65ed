"""What counts as the type of a coin."""

#: Of the coin ``c``: what a person said, else its table, else its folder (the words' order, backwards); never what was
#: predicted. Null where there is none.
TYPE_OF = """COLLECT {
  MATCH (c)-[o:OF_TYPE]->(t:CoinType) WHERE o.source <> 'predicted' RETURN t.name ORDER BY o.source DESC LIMIT 1
}[0]"""
