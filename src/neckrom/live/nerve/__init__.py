"""The guided session of the nerve tension tests: slump and straight leg raise."""
