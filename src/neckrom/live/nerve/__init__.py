"""The guided session of the nerve tension tests: slump, straight leg raise, arms."""
