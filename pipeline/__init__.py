"""The steps that bring ingest, embed and graph together: each can be stopped at any moment and run again."""
