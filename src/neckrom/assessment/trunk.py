"""When movement of the trunk counts as standing in for the neck: one rule for the voice and for the report."""

from __future__ import annotations

TRUNK_LIMIT_DEG = 8.0
TRUNK_LIMIT_SHARE = 0.2
"""Our choice: beyond both, the degrees and this share of the neck's own movement."""


def trunk_stood_in(
    trunk_deg: float,
    peak_deg: float,
    limit_deg: float = TRUNK_LIMIT_DEG,
    limit_share: float = TRUNK_LIMIT_SHARE,
) -> bool:
    """Whether the trunk went along so far that the movement was partly its own.

    Parameters
    ----------
    trunk_deg : float
        At end range, in the plane of the movement; along with the head is positive. NaN: not known.
    peak_deg : float
        Of the neck, in its direction.
    limit_deg, limit_share : float
        Both have to be passed.

    Returns
    -------
    bool
        False where the trunk's angle is not known.
    """
    return trunk_deg > max(limit_deg, limit_share * peak_deg)
