"""Norms and judgement."""
