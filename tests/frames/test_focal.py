"""The focal length that files name: QuickTime metadata as phones write them, EXIF, and damaged ones."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from neckrom.frames.focal import KEY, focal_of_clip, focal_of_picture
from neckrom.frames.opening import open_source
from neckrom.kinematics.camera import pinhole_as_written
from tests.conftest import SAMPLES

OTHER_KEY = b"com.apple.quicktime.camera.lens_model"


def atom(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def meta(values: list[tuple[bytes, int, bytes]], *, mp4: bool = False) -> bytes:
    """A ``meta`` atom as QuickTime (or, with version and flags first, MP4) has it."""
    keys = b"".join(struct.pack(">I4s", 8 + len(key), b"mdta") + key for key, _, _ in values)
    items = b"".join(
        atom(struct.pack(">I", i), atom(b"data", struct.pack(">II", kind, 0) + value))
        for i, (_, kind, value) in enumerate(values, start=1)
    )
    return atom(
        b"meta",
        (bytes(4) if mp4 else b"")
        + atom(b"hdlr", bytes(24))
        + atom(b"keys", struct.pack(">II", 0, len(values)) + keys)
        + atom(b"ilst", items),
    )


def movie(in_track: bytes = b"", in_movie: bytes = b"") -> bytes:
    track = atom(b"trak", atom(b"tkhd", bytes(84)) + in_track)
    return (
        atom(b"ftyp", b"qt  ")
        + atom(b"mdat", bytes(100))
        + atom(b"moov", atom(b"mvhd", bytes(100)) + track + in_movie)
    )


def written(tmp_path: Path, content: bytes) -> float | None:
    path = tmp_path / "clip.mov"
    path.write_bytes(content)
    return focal_of_clip(path)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (1, b"26.00mm"),
        (1, b"26"),
        (21, (26).to_bytes(4, "big")),
        (22, b"\x1a"),
        (67, (26).to_bytes(4, "big")),
        (23, struct.pack(">f", 26)),
        (24, struct.pack(">d", 26)),
    ],
)
@pytest.mark.parametrize("mp4", [False, True])
def test_the_track_names_it(tmp_path, kind, value, mp4):
    named = meta([(OTHER_KEY, 1, b"iPhone back camera 5.7mm f/1.5"), (KEY, kind, value)], mp4=mp4)
    assert written(tmp_path, movie(in_track=named)) == 26.0
    assert written(tmp_path, movie(in_movie=named)) == 26.0


@pytest.mark.parametrize(
    ("kind", "value"),
    [(1, b"wide"), (1, b"nan"), (21, bytes(4)), (21, b"\xff" * 4), (24, b"\0"), (77, b"\x02"), (9, b"2")],
)
def test_what_is_no_focal_length_counts_as_none(tmp_path, kind, value):
    assert written(tmp_path, movie(in_track=meta([(KEY, kind, value)]))) is None


def test_files_without_one(tmp_path):
    assert written(tmp_path, movie()) is None
    assert written(tmp_path, movie(in_track=meta([(OTHER_KEY, 1, b"26")]))) is None
    assert written(tmp_path, b"") is None
    assert focal_of_clip(tmp_path / "none.mov") is None
    assert focal_of_clip(SAMPLES / "chidi_deficit.mp4") is None


@given(at=st.integers(0, 400), flipped=st.integers(1, 255), cut=st.integers(0, 500))
def test_damaged_metadata_never_stop_a_clip(tmp_path_factory, at, flipped, cut):
    content = bytearray(movie(in_track=meta([(KEY, 21, (26).to_bytes(4, "big"))])))
    content[at % len(content)] ^= flipped
    found = written(tmp_path_factory.mktemp("damaged"), bytes(content[: len(content) - cut]))
    assert found is None or 8 <= found <= 1200


def test_a_photo_names_it(tmp_path):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 52
    picture = Image.fromarray(np.zeros((48, 64, 3), np.uint8))
    picture.save(tmp_path / "a_0ms.jpg", exif=exif)
    picture.save(tmp_path / "b_100ms.jpg")
    assert focal_of_picture(tmp_path / "a_0ms.jpg") == 52
    assert focal_of_picture(tmp_path / "b_100ms.jpg") is None
    assert open_source(tmp_path).info.focal_35mm_mm == 52


@pytest.mark.parametrize(("focal_mm", "hfov_deg"), [(26.0, 65.6), (52.0, 35.7), (13.0, 104.4)])
def test_its_field_of_view(focal_mm, hfov_deg):
    camera = pinhole_as_written(1920, 1080, focal_mm)
    assert camera.hfov_deg == pytest.approx(hfov_deg, abs=0.5)
    upright = pinhole_as_written(1080, 1920, focal_mm)
    assert upright.fx == pytest.approx(camera.fx)
    assert not camera.assumed
