"""How well an angle is read within one session, and what follows for the mark of an exercise."""

from __future__ import annotations

from types import MappingProxyType

ERROR_DEG = MappingProxyType({"slr": 5.0, "slump": 8.0})
"""About 95 % of a reading against another one of the same person in the same session, of rendered people with odd
numbers; of a slump the leg towards the camera alone: ``benchmarks/plan_counting.py``."""
EXERCISE_NUMBER = 3
"""As a clip's cues call the ways of an exercise: ``slr:left:3``; 1 and 2 are the test before and after."""
