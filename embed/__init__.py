"""From pictures to vectors: models, preprocessing and loading; no Cypher."""
