"""From pictures to vectors: models, preprocessing and loading; no Cypher."""

#: The space that is made where none is named: what tells coins apart best (see docs/discernment.md).
DEFAULT_SPACE = "coin-lite2"
