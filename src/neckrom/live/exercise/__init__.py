"""The guided session of a plan: a key test, an exercise below what was felt, and the test again."""
