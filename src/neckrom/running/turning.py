"""How far the shoulder line turns to and fro, from the surface of the trunk, seen from behind.

The pose model's shoulders lie on the outline, which hardly changes when the trunk turns. What is on the back was
followed from picture to picture (:mod:`neckrom.landmarks.trunk`): it lies behind the axis about which the trunk turns,
so that it goes to and fro against the middle of the outline, once a stride.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from neckrom.running.gait import Gait
from neckrom.running.measurement import NOTHING, Estimate
from neckrom.types import TRUNK_SURFACE_AT, BodySeries, BoolArray, FloatArray

LEAST_SEEN = 0.8
"""Share of a stride's frames in which the surface must have been followed."""
FEWEST_STRIDES = 3


def surface_swing(series: BodySeries, gait: Gait) -> Estimate:
    """Way of the back's surface to and fro against the outline, in trunk lengths, and the error of its mean.

    Nothing where it was not followed in enough strides, and from the side and in front.
    """
    motion, body = series.trunk_motion, gait.body
    if motion is None or body.view.name != "back":
        return NOTHING
    sideways = motion[:, 0].astype(np.float64)
    known = np.isfinite(sideways)
    shoulder, hip = body.middle("shoulder")[:, 0], body.middle("hip")[:, 0]
    middle = shoulder + TRUNK_SURFACE_AT * (hip - shoulder)
    # the surface's place is known but for a constant, and drifts: only what comes back every stride counts
    place = (np.cumsum(np.nan_to_num(sideways)) - middle) / body.scale_px
    known &= np.isfinite(place)
    swings = np.array(
        [
            _once_a_stride(body.time_s, place, known, start, end)
            for start, end in pairwise(gait.left.strides.origin_s)
        ]
    )
    swings = swings[np.isfinite(swings)]
    if len(swings) < FEWEST_STRIDES:
        return NOTHING
    swing = complex(swings.mean())
    error = float(np.sqrt(0.5 * np.mean(np.abs(swings - swing) ** 2) / (len(swings) - 1)))
    return Estimate(2.0 * abs(swing), 2.0 * error)


def _once_a_stride(
    time_s: FloatArray, place: FloatArray, known: BoolArray, start: float, end: float
) -> complex:
    """Amplitude of the first harmonic within a stride, with its phase; NaN where too little was seen."""
    inside = (time_s >= start) & (time_s < end)
    seen = inside & known
    whole = start >= time_s[0] and end <= time_s[-1]
    if not whole or seen.sum() < max(LEAST_SEEN * inside.sum(), 9):
        return complex("nan")
    turns = (time_s[seen] - start) / (end - start)
    waves = [np.exp(2j * np.pi * number * turns) for number in (1, 2)]
    columns = [np.ones_like(turns), turns - 0.5]
    columns += [part for wave in waves for part in (wave.real, wave.imag)]
    fitted = np.linalg.lstsq(np.stack(columns, axis=1), place[seen], rcond=None)[0]
    return complex(fitted[2], -fitted[3])
