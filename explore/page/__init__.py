"""The page where people look at coins, compare them and decide."""
