"""The embedded server: a real Neo4j with Graph Data Science and Browser, without Docker and without Java."""
