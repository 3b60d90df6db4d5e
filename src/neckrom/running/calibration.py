"""Fitted numbers of the running measurement, and how far they were right on people left out of the fit."""

from __future__ import annotations

from functools import cache

import numpy as np

from neckrom.body.fitted import Fitted, read_fitted
from neckrom.resources import resource
from neckrom.types import FloatArray

FAST_FPS = 50.0
"""From this rate on a clip counts as one of 60 frames a second."""


class Linear(Fitted):
    """A quantity as a linear function of standardised features.

    Attributes
    ----------
    features : tuple of str
        Names, empty where the features are numbered.
    mean, scale, weights : tuple of float
    intercept : float
    sd_fast, sd_slow : float
        Standard deviation of the error on people left out of the fit, at 60 and at 30 frames a second.
    """

    features: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    sd_fast: float
    sd_slow: float

    def of(self, values: FloatArray) -> FloatArray:
        """The quantity, for features of shape (M, F) or (F,).

        Parameters
        ----------
        values : ndarray, shape (M, F) or (F,)
            In the order and units in which they were fitted.

        Returns
        -------
        ndarray, shape (M,) or ()
            In the unit of the quantity; NaN where a feature is.
        """
        standardised = (values - np.array(self.mean)) / np.array(self.scale)
        return np.asarray(self.intercept + standardised @ np.array(self.weights))

    def by_name(self, values: dict[str, float]) -> float:
        """The quantity, for features by name; NaN where one of them was not measured.

        Parameters
        ----------
        values : dict of float
            All of ``features``; others may be among them.

        Returns
        -------
        float
            In the unit of the quantity.

        Raises
        ------
        KeyError
            One of the features is missing.
        """
        return float(self.of(np.array([values[name] for name in self.features])))

    def sd(self, frames_per_second: float) -> float:
        """Standard deviation of the error at a frame rate.

        Parameters
        ----------
        frames_per_second : float
            Of real time.

        Returns
        -------
        float
            In the unit of the quantity: ``sd_fast`` from ``FAST_FPS`` on, else ``sd_slow``.
        """
        return self.sd_fast if frames_per_second >= FAST_FPS else self.sd_slow


class RunningCalibration(Fitted):
    """Written by ``calibration/fit_running.py``.

    Attributes
    ----------
    moments : dict of Linear
        ``contact_side``, ``off_side``, ``contact_back``, ``off_back``: how far initial contact or toe-off lie from a
        moment of a foot's mean course, seconds. ``off_shoe``: the near foot's toe-off likewise, from a moment of its
        followed shoe's course, at 60 frames a second.
    readings : dict of Linear
        Angles and shares, by the names of ``neckrom.running.readings``.
    step_share : dict of float
        How much of a single step's departure from the clip's median is believed.
    step_sd : dict of float
        Standard deviation of the error of single steps about the clip's own.
    people : int
        Whom this was fitted on.
    """

    moments: dict[str, Linear]
    readings: dict[str, Linear]
    step_share: dict[str, float]
    step_sd: dict[str, float]
    people: int


@cache
def load_calibration() -> tuple[RunningCalibration, str]:
    """The fitted numbers that travel with the package, and their digest.

    Returns
    -------
    calibration : RunningCalibration
    digest : str
        Of the file.

    Raises
    ------
    EnvironmentProblemError
        The file is damaged: the installation is.
    """
    return read_fitted(resource("calibration", "running.json"), RunningCalibration)
