"""Where a person ends and the background begins, in a close picture of head and shoulders."""

from __future__ import annotations

import cv2
import numpy as np

from neckrom.landmarks.environment import check_packages
from neckrom.landmarks.mediapipe_engine import RunningModel, load_solutions
from neckrom.types import FloatArray, ImageArray

_PERSON = 0.5
"""Of the mask, 0 to 1: from here on a pixel is the person."""
_FROM, _TO = 0.05, 0.95
"""A person who fills less or more of the picture than that was not told from the background."""


def person_outline(picture: ImageArray) -> FloatArray | None:
    """The outer edge of the largest person, by MediaPipe's selfie segmentation (it comes with the package).

    Parameters
    ----------
    picture : ndarray, shape (height, width, 3), uint8, RGB
        Head and shoulders.

    Returns
    -------
    ndarray, shape (N, 2), pixels, or None
        None where nobody is told from the background.

    Raises
    ------
    EnvironmentProblemError
        A package, a library or a model is missing, broken or of another version.
    """
    check_packages()
    segmentation = load_solutions().selfie_segmentation.SelfieSegmentation
    model = RunningModel(lambda: segmentation(model_selection=0))
    try:
        mask = model.run(picture).segmentation_mask > _PERSON
    finally:
        model.close()
    if not _FROM <= mask.mean() <= _TO:
        return None
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not found:
        return None
    return np.asarray(max(found, key=cv2.contourArea)[:, 0, :], dtype=np.float64)
