"""One still picture as a source of a single frame, for what does not move: a person who stands."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from neckrom.errors import InputError
from neckrom.frames.focal import focal_of_picture
from neckrom.frames.geometry import (
    PictureMaker,
    UnreadablePictureError,
    check_size,
    fitted_size,
    turn_of,
    upright_size,
)
from neckrom.frames.names import readable_name
from neckrom.frames.still import read_picture
from neckrom.frames.timing import picture_size_warnings
from neckrom.types import Frame, ImageArray, SourceInfo


class PictureSource:
    """A picture as the only frame, at time zero, turned as its EXIF data ask for.

    Parameters
    ----------
    path : Path
    max_side : int
        Long side in pixels above which the picture is scaled down.
    turned_deg : int
        Degrees clockwise (0, 90, 180, 270) by which it is turned after what its file asks for.

    Raises
    ------
    InputError
        It cannot be read as a picture.
    """

    def __init__(self, path: Path, *, max_side: int, turned_deg: int = 0) -> None:
        decoded = read_picture(path)
        if decoded is None:
            raise InputError(
                f"{path} cannot be read as a picture: it is damaged, or of a kind that is not known here. "
                "Save it as JPEG or PNG."
            )
        turn = turn_of(decoded).turned_further(turned_deg)
        self._source_size = upright_size(decoded, turn, Fraction(1))
        check_size(*self._source_size, str(path))
        self._size = fitted_size(*self._source_size, max_side)
        try:
            self._image: ImageArray = PictureMaker(*self._size, turn).make(decoded)
        except UnreadablePictureError as error:
            raise InputError(
                f"{path} stores its pixels in a way that cannot be shown: save it as JPEG."
            ) from error
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._info = SourceInfo(
            name=readable_name(path.stem),
            kind="images",
            sha256=digest,
            width=self._size[0],
            height=self._size[1],
            source_width=self._source_size[0],
            source_height=self._source_size[1],
            expected_frames=1,
            nominal_fps=None,
            turned_deg=turned_deg,
            focal_35mm_mm=focal_of_picture(path),
        )

    @property
    def info(self) -> SourceInfo:
        """What is known of the picture."""
        return self._info

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user should know."""
        return tuple(picture_size_warnings(self._source_size, self._size))

    def frames(self) -> Iterator[Frame]:
        """Yield the picture.

        Yields
        ------
        Frame
            The one.
        """
        yield Frame(0, 0, self._image)

    def close(self) -> None:
        """Nothing is kept open."""
