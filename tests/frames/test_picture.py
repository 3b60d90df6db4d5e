"""Single still pictures, and slow motion by the file's own word."""

from __future__ import annotations

import av
import numpy as np
import pytest
from PIL import Image

from neckrom.errors import InputError, NotAVideoError
from neckrom.frames import is_picture, open_picture, open_source
from tests.frames.recordings import picture, write_clip

EXIF_ORIENTATION = 0x0112


@pytest.mark.parametrize(
    ("orientation", "turn"), [(1, 0), (6, -1), (3, 2), (8, 1)], ids=["upright", "right", "half", "left"]
)
def test_a_photo_is_turned_as_its_exif_says(tmp_path, orientation, turn):
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    Image.fromarray(picture(0)).save(path, exif=exif, quality=95)
    source = open_picture(path)
    (frame,) = source.frames()
    expected = np.rot90(picture(0), turn)
    assert frame.image.shape == expected.shape
    assert np.abs(frame.image.astype(int) - expected).mean() < 6
    assert (frame.index, frame.time_ns) == (0, 0)
    assert (source.info.width, source.info.height) == expected.shape[1::-1]
    assert source.info.expected_frames == 1


def test_a_large_photo_is_scaled_at_once(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(np.zeros((2000, 3000, 3), dtype=np.uint8)).save(path)
    source = open_picture(path)
    assert (source.info.width, source.info.height) == (1280, 853)
    assert (source.info.source_width, source.info.source_height) == (3000, 2000)


def test_what_is_no_picture_is_refused(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 nothing more")
    assert is_picture(path)
    with pytest.raises(InputError, match="Save it as JPEG or PNG"):
        open_picture(path)
    with pytest.raises(InputError, match="does not exist"):
        open_picture(tmp_path / "nowhere.jpg")


def test_a_picture_is_still_no_clip(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(picture(0)).save(path)
    with pytest.raises(NotAVideoError, match="single still picture"):
        open_source(path)


@pytest.mark.parametrize(
    ("written", "read"), [("240.000000", 240.0), ("0", None), ("fast", None), (None, None)]
)
def test_slow_motion_is_what_the_phone_wrote(tmp_path, written, read):
    plain = write_clip(tmp_path / "plain.mp4", [picture(n) for n in range(4)])
    path = tmp_path / "clip.mp4"
    with (
        av.open(str(plain)) as old,
        av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as new,
    ):
        if written is not None:
            new.metadata["com.android.capture.fps"] = written
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    assert open_source(path).info.capture_fps == read
