"""Nerve tension tests: angles of leg, trunk, neck and arm, and what changes a symptom."""
