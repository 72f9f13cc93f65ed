"""How good a result is: agreement with known labels, always beside chance."""
