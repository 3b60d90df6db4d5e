"""Plans: what is exercised after a test, how repetitions are counted, and what came of them."""
