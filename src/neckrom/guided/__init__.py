"""Guided sessions and clips that were handed over: measured in a process of their own, then filed in the records."""
