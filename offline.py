"""The part of the door that needs no server: it is loaded at once, and answers while the server sleeps.

`coingraph` has the same names; commands take them from here where they must not load what the steps need.
"""

from queries.header import BadParameter, Query
from queries.stored import catalogue as queries
from queries.stored import read_own as own_query
from queries.stored import stored as stored_query

__all__ = ["BadParameter", "Query", "own_query", "queries", "stored_query"]
