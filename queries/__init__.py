"""Stored Cypher queries, one question a file, and the catalogue that reads, checks, runs and exports them."""
