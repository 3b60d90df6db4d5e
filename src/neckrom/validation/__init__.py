"""Comparison with truth tables."""
