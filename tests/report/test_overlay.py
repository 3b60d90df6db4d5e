from __future__ import annotations

from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from neckrom.errors import OutputError
from neckrom.report import marks
from neckrom.report.overlay import write_overlay
from neckrom.types import Frame, Movement
from tests.report.conftest import clip_frames
from tests.report.report_cases import angles_of, cut_off, landmarks_of, orientations_of, rom_of

CLIP = "chidi_deficit"


@pytest.fixture(scope="module")
def parts():
    angles = angles_of(CLIP)
    return landmarks_of(CLIP), orientations_of(CLIP, angles), angles, rom_of(CLIP, angles)


def decoded(path: Path) -> tuple[list[float], list[np.ndarray]]:
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
        frames = list(container.decode(video=0))
        return [float(frame.pts * frame.time_base) for frame in frames], [
            frame.to_ndarray(format="rgb24") for frame in frames
        ]


def test_the_clip_comes_back_with_its_frames_and_times(tmp_path, parts):
    told = []
    write_overlay(
        tmp_path / "overlay.mp4",
        islice(clip_frames(CLIP), 200),
        *parts,
        progress=lambda done, total: told.append((done, total)),
    )
    times, pictures = decoded(tmp_path / "overlay.mp4")
    assert len(times) == 200
    np.testing.assert_allclose(times, parts[2].time_s[:200], atol=1e-4)
    assert told[0] == (1, 906)
    assert told[-1] == (200, 906)
    assert list(tmp_path.iterdir()) == [tmp_path / "overlay.mp4"]
    first = next(iter(clip_frames(CLIP))).image
    assert pictures[0].shape[0] > first.shape[0], "words stand below the picture"
    untouched = pictures[0][300:480, :150].astype(int) - first[300:480, :150]
    assert np.abs(untouched).mean() < 4, "the picture itself stays as it was"


def test_a_variable_frame_rate_stays_one(tmp_path, parts):
    times_ns = np.cumsum(np.random.default_rng(3).integers(8_000_000, 90_000_000, 40)) + 5_000_000
    image = np.full((120, 160, 3), 127, dtype=np.uint8)
    frames = [Frame(i, int(time_ns), image) for i, time_ns in enumerate(times_ns)]
    write_overlay(tmp_path / "overlay.mp4", frames, *parts)
    times, _ = decoded(tmp_path / "overlay.mp4")
    np.testing.assert_allclose(times, times_ns * 1e-9, atol=2e-5)


@pytest.mark.parametrize("size", [(101, 77), (480, 641), (721, 405)])
def test_odd_sizes_are_padded(tmp_path, parts, size):
    frames = [Frame(i, i * 33_333_333, np.full((*size, 3), 200, dtype=np.uint8)) for i in range(3)]
    write_overlay(tmp_path / "overlay.mp4", frames, *parts)
    _, pictures = decoded(tmp_path / "overlay.mp4")
    height, width = pictures[0].shape[:2]
    assert width % 2 == 0
    assert height % 2 == 0
    assert width >= max(480, size[1])
    assert len(pictures) == 3


def words_drawn(picture: np.ndarray, color: tuple[int, int, int]) -> int:
    strip = picture[-60:].astype(int)
    return int((np.abs(strip - color) < 60).all(axis=2).sum())


def test_what_is_not_measured_is_said_and_no_axis_drawn(tmp_path, parts):
    landmarks, _, _, _ = parts
    angles, rom = cut_off(parts[2], parts[3], {Movement.FLEXION: 30.0})
    orientations = orientations_of(CLIP, angles)
    lost = int(np.flatnonzero(np.isnan(angles.neck_deg[:, 0]))[10])
    image = np.zeros((480, 640, 3), dtype=np.uint8)
    frames = [Frame(0, 0, image), Frame(1, int(landmarks.time_ns[lost]), image)]
    write_overlay(tmp_path / "overlay.mp4", frames, landmarks, orientations, angles, rom)
    _, (seen, gone) = decoded(tmp_path / "overlay.mp4")
    assert words_drawn(seen, marks.YELLOW) > 200
    assert words_drawn(gone, marks.YELLOW) == 0
    assert words_drawn(gone, (190, 190, 190)) > 200
    colored = np.ptp(gone[:480].astype(int), axis=2) > 60
    assert not colored.any()


def test_a_mirrored_clip_is_flipped_to_fit_its_landmarks(tmp_path, parts):
    image = np.zeros((480, 640, 3), dtype=np.uint8)
    image[:, :100] = 255
    write_overlay(tmp_path / "overlay.mp4", [Frame(0, 0, image)], *parts, mirrored=True)
    _, (picture,) = decoded(tmp_path / "overlay.mp4")
    assert picture[50, 600].min() > 200
    assert picture[50, 40].max() < 50


def test_a_source_that_breaks_leaves_nothing_behind(tmp_path, parts):
    target = tmp_path / "overlay.mp4"
    target.write_text("an older one")
    half_written = []

    def broken():
        for i in range(120):
            yield Frame(i, i * 33_333_333, np.full((120, 160, 3), i, dtype=np.uint8))
        half_written.extend(tmp_path.glob(".overlay.part*"))
        raise RuntimeError("cable pulled")

    with pytest.raises(RuntimeError, match="cable pulled"):
        write_overlay(target, broken(), *parts)
    assert half_written, "by then some of the file was there"
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_text() == "an older one"


def test_a_folder_that_is_not_there_is_named(tmp_path, parts):
    with pytest.raises(OutputError, match="missing"):
        write_overlay(tmp_path / "missing" / "overlay.mp4", islice(clip_frames(CLIP), 1), *parts)


def test_rows_follow_time_not_position(tmp_path, parts):
    """A frame in the middle of a movement carries that movement's name although it is the first."""
    rom = parts[3]
    image = np.zeros((480, 640, 3), dtype=np.uint8)
    trial = rom.trials[3]
    for name, time_s in (("neutral", 1.0), ("turn", trial.peak_s)):
        write_overlay(tmp_path / f"{name}.mp4", [Frame(0, int(time_s * 1e9), image)], *parts)
    _, (neutral,) = decoded(tmp_path / "neutral.mp4")
    _, (turn,) = decoded(tmp_path / "turn.mp4")
    assert np.abs(neutral[-60:].astype(int) - turn[-60:]).sum() > 50_000
