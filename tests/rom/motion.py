"""Synthetic neck movement with known trials, for the tests of the range-of-motion layer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from neckrom.types import AngleSeries, FloatArray, Movement


def minimum_jerk(share: FloatArray) -> FloatArray:
    share = np.clip(share, 0, 1)
    return share**3 * (10 - 15 * share + 6 * share**2)


@dataclass
class Motion:
    """Builds a session piece by piece; angles in the conventions of ``AngleSeries``."""

    fps: float = 30.0
    neck: list[FloatArray] = field(default_factory=list)
    trunk: list[FloatArray] = field(default_factory=list)

    def _append(self, column: int, values: FloatArray, trunk: FloatArray | None = None) -> Motion:
        block = np.zeros((len(values), 3))
        block[:, column] = values
        trunk_block = np.zeros_like(block)
        if trunk is not None:
            trunk_block[:, column] = trunk
        self.neck.append(block)
        self.trunk.append(trunk_block)
        return self

    def rest(self, seconds: float = 1.0) -> Motion:
        return self._append(0, np.zeros(round(seconds * self.fps)))

    def go(
        self,
        movement: Movement,
        peak_deg: float,
        *,
        out_s: float = 1.5,
        hold_s: float = 1.0,
        back_s: float = 1.5,
        back_to_deg: float = 0.0,
        start_deg: float = 0.0,
        trunk_deg: float = 0.0,
    ) -> Motion:
        out = minimum_jerk(np.arange(round(out_s * self.fps)) / (out_s * self.fps))
        back = minimum_jerk(np.arange(round(back_s * self.fps)) / (back_s * self.fps))
        curve = np.concatenate(
            [
                start_deg + (peak_deg - start_deg) * out,
                np.full(round(hold_s * self.fps), peak_deg),
                peak_deg + (back_to_deg - peak_deg) * back,
            ]
        )
        trunk = movement.sign * trunk_deg * curve / peak_deg
        return self._append(movement.plane, movement.sign * curve, trunk)

    def angles(
        self, *, noise_deg: float = 0.0, tremor_deg: float = 0.0, sd_deg: float = np.nan, seed: int = 0
    ) -> AngleSeries:
        neck = np.concatenate(self.neck)
        time_s = np.arange(len(neck)) / self.fps
        rng = np.random.default_rng(seed)
        neck = neck + noise_deg * rng.standard_normal(neck.shape)
        if tremor_deg:
            moving = np.abs(neck).max(axis=1, keepdims=True) > 5
            neck = neck + moving * tremor_deg * np.sin(2 * np.pi * 4.5 * time_s)[:, None]
        return AngleSeries(
            time_s=time_s,
            neck_deg=neck,
            sd_deg=np.full_like(neck, sd_deg),
            trunk_deg=np.concatenate(self.trunk),
            beyond=np.zeros(len(neck), dtype=bool),
            source=np.full(len(neck), "face"),
            quality=np.ones(len(neck)),
        )


def lose(angles: AngleSeries, lost: FloatArray) -> AngleSeries:
    """The same movement with some frames not measured."""
    neck = angles.neck_deg.copy()
    neck[lost] = np.nan
    return angles.replace(neck_deg=neck, source=np.where(lost, "none", angles.source))
