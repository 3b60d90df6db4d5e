"""What every source of frames promises, and how each kind of recording is read."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from neckrom.errors import InputError
from neckrom.frames import clip as clip_module
from neckrom.frames import grab_frames, open_source
from tests.frames.recordings import (
    SAMPLE,
    TURNS,
    picture,
    write_clip,
    write_folder,
)

COUNT = 40


@pytest.fixture(params=["mp4", "mkv", "webm", "avi", "ts", "gif", "table", "names"])
def recording(request, tmp_path) -> Path:
    pictures = [picture(number) for number in range(COUNT)]
    match request.param:
        case "gif":
            return write_clip(
                tmp_path / "a.gif",
                pictures,
                codec="gif",
                pixels="rgb8",
                time_base=Fraction(1, 100),
                ticks=range(0, 4 * COUNT, 4),
            )
        case "table" | "names":
            return write_folder(tmp_path / "images", COUNT, named=request.param == "names")
        case "webm":
            return write_clip(tmp_path / "a.webm", pictures, codec="libvpx", options={"deadline": "realtime"})
        case "avi":
            return write_clip(
                tmp_path / "a.avi", pictures, codec="mpeg4", time_base=Fraction(1, 30), ticks=range(COUNT)
            )
        case suffix:
            # key frames far apart and frames stored out of order: what cameras write
            return write_clip(tmp_path / f"a.{suffix}", pictures, options={"g": "15", "bf": "2"}, sound=True)


def read(path, **settings):
    source = open_source(path, **settings)
    frames = list(source.frames())
    source.close()
    return source, frames


class TestEverySource:
    def test_hands_out_all_frames_in_time_order(self, recording):
        _, frames = read(recording)
        times = [frame.time_ns for frame in frames]
        assert len(frames) == COUNT
        assert [frame.index for frame in frames] == list(range(COUNT))
        assert (np.diff(times) > 0).all()
        assert 0 <= times[0] < 100_000_000
        np.testing.assert_allclose(np.diff(times) * 1e-9, times[-1] * 1e-9 / (COUNT - 1), atol=0.011)

    def test_pictures_are_as_announced(self, recording):
        source, frames = read(recording)
        for frame in frames:
            assert frame.image.shape == (source.info.height, source.info.width, 3) == (64, 96, 3)
            assert frame.image.dtype == np.uint8
            assert frame.image.flags.c_contiguous

    def test_pictures_show_what_was_recorded(self, recording):
        _, frames = read(recording)
        for number in (0, 7, COUNT - 1):
            error = np.abs(frames[number].image.astype(int) - picture(number))
            assert np.median(error) < 20, f"frame {number}"

    def test_can_be_read_again_from_the_start(self, recording):
        source = open_source(recording)
        first, again = list(source.frames()), list(source.frames())
        assert [frame.time_ns for frame in first] == [frame.time_ns for frame in again]
        assert all(np.array_equal(a.image, b.image) for a, b in zip(first, again, strict=True))
        source.close()

    def test_single_frames_are_those_of_the_sequence(self, recording):
        _, frames = read(recording)
        wanted = [frames[index] for index in (31, 2, 17, 16, 39, 2)]
        grabbed = grab_frames(recording, [frame.time_ns for frame in wanted])
        for want, got in zip(wanted, grabbed, strict=True):
            assert got.time_ns == want.time_ns
            assert np.array_equal(got.image, want.image)

    def test_asking_for_a_time_without_a_frame_is_refused(self, recording):
        _, frames = read(recording)
        with pytest.raises(InputError, match="no frame at"):
            grab_frames(recording, [frames[3].time_ns + 1])

    def test_scales_down_to_the_longest_side_allowed(self, recording):
        source, frames = read(recording, max_side=48)
        assert (source.info.width, source.info.height) == (48, 32)
        assert (source.info.source_width, source.info.source_height) == (96, 64)
        assert frames[0].image.shape == (32, 48, 3)
        grabbed = grab_frames(recording, [frames[5].time_ns], max_side=48)
        assert np.array_equal(grabbed[0].image, frames[5].image)

    def test_closing_in_the_middle_ends_it(self, recording):
        source = open_source(recording)
        frames = source.frames()
        next(frames)
        source.close()
        source.close()
        frames.close()

    def test_info_names_the_recording(self, recording):
        source, _ = read(recording)
        assert source.info.name == (recording.name if recording.is_dir() else recording.stem)
        assert source.info.expected_frames is None or abs(source.info.expected_frames - COUNT) <= 2
        assert len(source.info.sha256) == 64
        assert source.info.sha256 == open_source(recording).info.sha256


def test_sha256_is_that_of_the_file():
    assert open_source(SAMPLE).info.sha256 == hashlib.sha256(SAMPLE.read_bytes()).hexdigest()


def test_sha256_of_a_folder_changes_with_pictures_and_times(tmp_path):
    write_folder(tmp_path / "a", 3)
    before = open_source(tmp_path / "a").info.sha256
    table = tmp_path / "a" / "timestamps.csv"
    table.write_text(table.read_text().replace("0.040", "0.041"))
    assert open_source(tmp_path / "a").info.sha256 != before


def test_variable_frame_rate_keeps_every_time(tmp_path):
    ticks = [0, 33, 67, 90, 140, 141, 300, 333, 900, 933]
    write_clip(tmp_path / "vfr.mkv", [picture(number) for number in range(10)], ticks=ticks)
    _, frames = read(tmp_path / "vfr.mkv")
    assert [frame.time_ns for frame in frames] == [tick * 1_000_000 for tick in ticks]


def test_times_count_from_the_start_that_a_player_shows(tmp_path):
    ticks = range(50_000, 50_400, 40)
    write_clip(
        tmp_path / "late.ts", [picture(number) for number in range(10)], ticks=ticks, options={"bf": "0"}
    )
    _, frames = read(tmp_path / "late.ts")
    assert [frame.time_ns for frame in frames] == [40_000_000 * number for number in range(10)]


@pytest.mark.parametrize("turn", TURNS)
def test_stored_turns_are_applied(tmp_path, turn):
    matrix, expected = TURNS[turn]
    write_clip(tmp_path / "plain.mp4", [picture(0)] * 3, options={"qp": "0"}, pixels="yuv444p")
    write_clip(
        tmp_path / "turned.mp4", [picture(0)] * 3, options={"qp": "0"}, pixels="yuv444p", matrix=matrix
    )
    _, plain = read(tmp_path / "plain.mp4")
    source, turned = read(tmp_path / "turned.mp4")
    assert np.array_equal(turned[0].image, expected(plain[0].image))
    assert (source.info.height, source.info.width) == turned[0].image.shape[:2]


def test_turned_and_scaled_pictures_are_upright(tmp_path):
    matrix, expected = TURNS["quarter-right"]
    write_clip(tmp_path / "turned.mp4", [picture(0, 320, 192)] * 3, matrix=matrix)
    source, frames = read(tmp_path / "turned.mp4", max_side=160)
    assert (source.info.width, source.info.height) == (96, 160)
    error = np.abs(frames[0].image.astype(int) - expected(picture(0, 160, 96)))
    assert np.median(error) < 6


@pytest.mark.parametrize(("width", "height"), [(97, 65), (33, 240), (16, 16)])
def test_odd_sizes(tmp_path, width, height):
    write_clip(tmp_path / "odd.mkv", [picture(0, width, height)] * 3, codec="ffv1", pixels="yuv420p")
    _, frames = read(tmp_path / "odd.mkv")
    assert frames[0].image.shape == (height, width, 3)
    assert np.median(np.abs(frames[0].image.astype(int) - picture(0, width, height))) < 8


@pytest.mark.parametrize("pixels", ["yuv420p10le", "yuv422p10le", "yuv444p", "yuvj420p", "gray"])
def test_depths_and_colour_samplings(tmp_path, pixels):
    write_clip(tmp_path / "deep.mp4", [picture(0)] * 3, pixels=pixels, options={"qp": "4"})
    _, frames = read(tmp_path / "deep.mp4")
    shown = frames[0].image.astype(int)
    expected = picture(0).astype(int)
    if pixels == "gray":
        shown, expected = shown.mean(axis=2), expected @ (0.299, 0.587, 0.114)
    assert np.median(np.abs(shown - expected)) < (12 if pixels == "gray" else 6)


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("a.mov", "libx265", "yuv420p10le"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.mov", "prores_ks", "yuv422p10le"),
    ],
)
def test_codecs_of_phones_browsers_and_studios(tmp_path, name, codec, pixels):
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    write_clip(tmp_path / name, [picture(n) for n in range(20)], codec=codec, pixels=pixels, options=options)
    _, frames = read(tmp_path / name)
    assert len(frames) == 20
    assert np.median(np.abs(frames[11].image.astype(int) - picture(11))) < 8
    (grabbed,) = grab_frames(tmp_path / name, [frames[11].time_ns])
    assert np.array_equal(grabbed.image, frames[11].image)


def test_pixels_that_are_not_square_are_stretched(tmp_path):
    write_clip(tmp_path / "dv.mp4", [picture(0)] * 3, aspect=Fraction(4, 3))
    source, frames = read(tmp_path / "dv.mp4")
    assert (source.info.width, source.info.height) == (128, 64)
    assert np.median(np.abs(frames[0].image.astype(int) - picture(0, 128, 64))) < 8


def test_4k_is_scaled_down_and_said(tmp_path):
    write_clip(
        tmp_path / "uhd.mp4", [picture(n, 3840, 2160) for n in range(3)], options={"preset": "ultrafast"}
    )
    source, frames = read(tmp_path / "uhd.mp4")
    assert frames[0].image.shape == (720, 1280, 3)
    assert any("very large (3840 x 2160): measured at 1280 x 720" in warning for warning in source.warnings)
    assert np.median(np.abs(frames[0].image.astype(int) - picture(0, 1280, 720))) < 4


def test_ordinary_clip_gives_no_warning():
    source, frames = read(SAMPLE)
    assert source.warnings == ()
    assert len(frames) == source.info.expected_frames


def test_tiny_pictures_and_few_of_them_are_said(tmp_path):
    ticks = range(0, 2000, 200)
    write_clip(tmp_path / "tiny.mkv", [picture(number) for number in range(10)], ticks=ticks)
    source, _ = read(tmp_path / "tiny.mkv")
    assert any("tiny (96 x 64)" in warning for warning in source.warnings)
    assert any("5.0 frames a second" in warning for warning in source.warnings)


def test_a_gap_is_said_with_its_place(tmp_path):
    ticks = [*range(0, 1000, 40), *range(3000, 4000, 40)]
    write_clip(tmp_path / "gap.mkv", [picture(number) for number in range(50)], ticks=ticks)
    source, _ = read(tmp_path / "gap.mkv")
    assert any("missing for a while: 2.0 s after 1.0 s" in warning for warning in source.warnings)


class TestDamage:
    @pytest.fixture
    def whole(self, tmp_path) -> Path:
        noise = np.random.default_rng(1).integers(0, 255, (90, 64, 96, 3), dtype=np.uint8)
        return write_clip(
            tmp_path / "whole.mp4",
            [picture(number) // 2 + noise[number] // 2 for number in range(90)],
            container_options={"movflags": "faststart"},
            options={"g": "10"},
        )

    def test_a_clip_cut_short_is_read_as_far_as_it_goes(self, whole, tmp_path):
        content = whole.read_bytes()
        (tmp_path / "cut.mp4").write_bytes(content[: len(content) // 2])
        source, frames = read(tmp_path / "cut.mp4")
        assert 20 < len(frames) < 70
        assert any("cut short: it says 3.0 s" in warning for warning in source.warnings)

    def test_damage_in_the_middle_leaves_out_frames_and_says_so(self, whole, tmp_path):
        content = bytearray(whole.read_bytes())
        middle = len(content) // 2
        content[middle : middle + 4000] = bytes(4000)
        (tmp_path / "hit.mp4").write_bytes(content)
        source, frames = read(tmp_path / "hit.mp4")
        assert 60 < len(frames) < 90
        assert any("damaged pieces" in warning for warning in source.warnings)

    def test_images_that_cannot_be_read_are_left_out(self, tmp_path):
        folder = write_folder(tmp_path / "images", 6)
        (folder / "003.png").write_bytes(b"no picture")
        source, frames = read(folder)
        assert len(frames) == 5
        assert any("1 images cannot be read (such as 003.png)" in warning for warning in source.warnings)


@pytest.mark.parametrize("times", ["0.00 0.04 0.04 0.08 0.12", "0.12 0.00 0.04 0.08 0.08"])
def test_images_with_equal_times_are_dropped_and_order_is_by_time(tmp_path, times):
    folder = write_folder(tmp_path / "images", 5)
    names = sorted(path.name for path in folder.glob("*.png"))
    rows = [f"{name},{time}" for name, time in zip(names, times.split(), strict=True)]
    (folder / "timestamps.csv").write_text("\n".join(["file,time_s", *rows]))
    source, frames = read(folder)
    assert [frame.time_ns for frame in frames] == [0, 40_000_000, 80_000_000, 120_000_000]
    assert any("1 frames whose time does not rise" in warning for warning in source.warnings)


def test_frames_that_go_back_in_time_are_dropped(tmp_path, monkeypatch):
    """No muxer writes such a clip, cameras with a drifting clock do: times are bent on the way in."""
    write_clip(tmp_path / "a.mkv", [picture(number) for number in range(6)], ticks=range(0, 240, 40))
    bent = {0: 0, 40: 40, 80: 80, 120: 60, 160: 80, 200: 120}
    real = clip_module._nanoseconds
    monkeypatch.setattr(clip_module, "_nanoseconds", lambda ticks, base: real(bent[ticks], base))
    source, frames = read(tmp_path / "a.mkv")
    assert [frame.time_ns // 1_000_000 for frame in frames] == [0, 40, 80, 120]
    assert any("2 frames whose time does not rise" in warning for warning in source.warnings)


@pytest.mark.parametrize(
    ("name", "time_ns"),
    [
        ("frame_000123ms.png", 123_000_000),
        ("img_12.345s.png", 12_345_000_000),
        ("0001-40000us.png", 40_000_000),
        ("1234000000ns.png", 1_234_000_000),
        ("IMG_7S.png", 7_000_000_000),
    ],
)
def test_times_in_file_names(tmp_path, name, time_ns):
    folder = write_folder(tmp_path / "images", 1, named=True)
    next(folder.iterdir()).rename(folder / name)
    _, frames = read(folder)
    assert [frame.time_ns for frame in frames] == [time_ns]
