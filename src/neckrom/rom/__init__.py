"""Neutral, movements, trials and range of motion."""
