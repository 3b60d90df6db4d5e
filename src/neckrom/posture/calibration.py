"""What corrects the pose model's points of a standing person: fitted numbers, and how far they were right."""

from __future__ import annotations

from functools import cache
from typing import Annotated

import numpy as np
from pydantic import Field

from neckrom.body.fitted import Fitted, read_fitted
from neckrom.errors import EnvironmentProblemError
from neckrom.posture.features import NAMES
from neckrom.resources import resource
from neckrom.types import FloatArray

_Numbers = Annotated[tuple[float, ...], Field(min_length=len(NAMES), max_length=len(NAMES))]


class Line(Fitted):
    """A quantity as a linear function of the standardised features.

    Attributes
    ----------
    intercept : float
        Of the mean person.
    weights : tuple of float
        In the order of the features.
    sd : float
        Standard deviation of its error on people left out of the fit.
    change_sd : float
        Of the error of the difference between two postures of one person who was left out.
    """

    intercept: float
    weights: _Numbers
    sd: Annotated[float, Field(gt=0)]
    change_sd: Annotated[float, Field(gt=0)]


class PostureCalibration(Fitted):
    """Fitted by ``calibration/fit_posture.py``.

    Attributes
    ----------
    features : tuple of str
    mean, scale : tuple of float
        Of the features over the people fitted on.
    quantities : dict of Line
        ``lean``, ``ear_shoulder``, ``head_pitch`` in degrees; ``ear_plumb``, ``shoulder_plumb``, ``hip_plumb`` in
        hundredths of the height from ankle to ear; ``tragus_x`` (to the front) and ``tragus_y`` (down) from the
        ear point to where the tragus would be seen if it lay in the middle plane, in hundredths of the trunk;
        ``parallax_x`` and ``parallax_y`` to the same place from the tragus itself.
    craniovertebral_sd, craniovertebral_marked_sd : float
        Of the error of the craniovertebral angle with C7 marked, and with the tragus marked, too, on people left out.
    craniovertebral_clicked_sd, craniovertebral_edge_sd : float
        The same with C7 clicked as exactly as people click, and with such clicks brought to the neck's edge.
    people : int
    """

    features: tuple[str, ...]
    mean: _Numbers
    scale: _Numbers
    quantities: dict[str, Line]
    craniovertebral_sd: Annotated[float, Field(gt=0)]
    craniovertebral_marked_sd: Annotated[float, Field(gt=0)]
    craniovertebral_clicked_sd: Annotated[float, Field(gt=0)]
    craniovertebral_edge_sd: Annotated[float, Field(gt=0)]
    people: int

    def values(self, features: FloatArray) -> dict[str, float]:
        """Every quantity, from features of shape (len(NAMES),).

        Parameters
        ----------
        features : ndarray, shape (len(NAMES),)
            In the order and units of ``neckrom.posture.features.NAMES``.

        Returns
        -------
        dict of float
            By the names and in the units of ``quantities``; NaN where a feature is.
        """
        standardised = (features - np.array(self.mean)) / np.array(self.scale)
        return {
            name: float(line.intercept + standardised @ np.array(line.weights))
            for name, line in self.quantities.items()
        }


@cache
def load_calibration() -> tuple[PostureCalibration, str]:
    """The fitted numbers that travel with the package, and their digest.

    Returns
    -------
    calibration : PostureCalibration
    digest : str
        Of the file.

    Raises
    ------
    EnvironmentProblemError
        The file is damaged: the installation is.
    """
    path = resource("calibration", "posture.json")
    calibration, digest = read_fitted(path, PostureCalibration)
    if calibration.features != NAMES:
        raise EnvironmentProblemError(f"{path} is of another version: install neckrom again.")
    return calibration, digest
