"""Dies: local features of coins' sides, geometric matching, groups of sides from one die, estimates of dies."""
