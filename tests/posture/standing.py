"""The sample of a person who stands, with where the points truly are, as a stored posture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from neckrom.posture.nape import NapePlace
from neckrom.posture.result import ClosePicture, PosturePoints, PostureResult
from neckrom.report.bodies.pictures import BodyPicture
from neckrom.report.bodies.write import write_body_pictures
from neckrom.report.pictures import cut
from tests.landmarks.bodies import SAMPLES
from tests.report.body_cases import posture_result

C7, TRAGUS = (660.7, 162.9), (636.4, 123.8)
"""As projected by the truth of the sample; the tragus lies in the middle plane, between both."""
CVA_DEG = 58.1
PLACE = NapePlace(np.array([636.3, 117.7]), np.array([642.3, 204.0]), np.array([639.6, 360.3]), -1)


def neck() -> np.ndarray:
    """Head and neck close up, shape (640, 640, 3)."""
    image = np.asarray(Image.open(SAMPLES / "standing.jpg").convert("RGB"))
    return np.asarray(cut(image, *PLACE.close_picture).convert("RGB"))


def in_close(point) -> np.ndarray:
    """Pixels of the sample in those of the close picture."""
    left, top, edge = PLACE.close_picture
    return (np.asarray(point) - np.array([left, top])) * 640 / edge


def write_standing(folder: Path) -> PostureResult:
    """A result folder of the sample, with pictures, without C7."""
    left, top, edge = PLACE.close_picture
    base = posture_result("standing still.jpg", c7=False)
    clip = base.views[0].recording.clip.model_copy(
        update={"width": 1280, "height": 720, "measured_width": 1280, "measured_height": 720}
    )
    update = {
        "points": PosturePoints(
            ear=(636.3, 117.7),
            shoulder=(642.3, 204.0),
            hip=(639.6, 360.3),
            knee=(645.0, 495.0),
            ankle=(648.0, 627.0),
            tragus=TRAGUS,
        ),
        "neck_picture": ClosePicture(left_px=left, top_px=top, edge_px=edge),
    }
    recording = base.views[0].recording.model_copy(update={"clip": clip})
    view = base.views[0].model_copy(update={**update, "recording": recording})
    result = base.model_copy(update={**update, "views": (view, base.views[1])})
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(result.model_dump_json(), encoding="utf-8")
    grey = np.full((640, 640, 3), 90, dtype=np.uint8)
    write_body_pictures(folder, [BodyPicture("view_1", 0.0, grey), BodyPicture("neck_1", 0.0, neck())])
    return result
