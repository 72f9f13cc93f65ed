"""The Neo4j server and all that is written to it: coins, vectors, edges, communities, centralities."""
