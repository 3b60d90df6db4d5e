"""How much healthy sides differ, with sources. Range alone is never a finding."""

from __future__ import annotations

from typing import Final

HEALTHY_SIDE_DIFFERENCE_DEG: Final = {"slr": 12.0, "arms": 15.0}
"""Straight leg raise: 5.0 +- 3.5 (ankle pointed) and 4.1 +- 3.2 (flexed), so up to about 12 deg in healthy people
(Boyd & Villa 2012, BMC Musculoskeletal Disorders 13:245). Arms: more than 15 deg is unusual in the median nerve's test
(Stalioraitis 2014, Manual Therapy). For the slump test there is no limit with a source."""
