"""Pictures and clips of kinds that phones, editors and other programs make."""

from __future__ import annotations

import io
import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageOps

from neckrom.camera_profiles.pictures import open_pictures
from neckrom.errors import InputError, NotAVideoError
from neckrom.frames import grab_frames, open_source
from neckrom.frames.geometry import Turn
from neckrom.frames.names import readable_name
from tests.frames.recordings import picture, write_clip, write_folder

ORIENTATION, MAKER = 0x0112, 0x010F


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[ORIENTATION], tags[MAKER] = orientation, "Somebody"
    return tags


def exif_picture(kind: str, orientation: int, number: int = 0) -> bytes:
    file = io.BytesIO()
    quality = {} if kind in ("PNG", "TIFF") else {"quality": 95}
    Image.fromarray(picture(number)).save(file, kind, exif=exif(orientation), **quality)
    return file.getvalue()


def as_shown(content: bytes) -> np.ndarray:
    """The picture as another program shows it."""
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB"), dtype=float)


def all_frames(path: Path, **settings):
    source = open_source(path, **settings)
    frames = list(source.frames())
    source.close()
    return frames, source.warnings


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_pictures_with_exif_are_read_as_they_are_shown(tmp_path, kind, orientation):
    contents = [exif_picture(kind, orientation, number) for number in range(3)]
    suffix = {"JPEG": "jpg", "TIFF": "tif"}.get(kind, kind.lower())
    for number, content in enumerate(contents):
        (tmp_path / f"f_{100 * number}ms.{suffix}").write_bytes(content)
    frames, _ = all_frames(tmp_path)
    assert [frame.time_ns for frame in frames] == [0, 100_000_000, 200_000_000]
    for frame, content in zip(frames, contents, strict=True):
        assert frame.image.shape == as_shown(content).shape
        assert abs(frame.image - as_shown(content)).mean() < 4
    board = list(open_pictures(tmp_path).read())
    assert [one.shape for one in board] == [frame.image.shape for frame in frames]


def mjpeg_clip(path: Path, orientations: list[int]) -> Path:
    """A clip of whole JPEG pictures, each with its own EXIF."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuvj420p"
        stream.codec_context.open()
        container.start_encoding()
        for number, orientation in enumerate(orientations):
            packet = av.Packet(exif_picture("JPEG", orientation, number))
            packet.pts = packet.dts = number
            packet.time_base, packet.stream, packet.is_keyframe = Fraction(1, 10), stream, True
            container.mux(packet)
    return path


@pytest.mark.parametrize("name", ["a.avi", "a.mov", "a.mkv"])
def test_a_clip_of_pictures_with_exif(tmp_path, name):
    path = mjpeg_clip(tmp_path / name, [6] * 5)
    frames, _ = all_frames(path)
    assert len(frames) == 5
    for number, frame in enumerate(frames):
        assert abs(frame.image - as_shown(exif_picture("JPEG", 6, number))).mean() < 4
    (grabbed,) = grab_frames(path, [frames[2].time_ns])
    np.testing.assert_array_equal(grabbed.image, frames[2].image)


def test_a_clip_whose_pictures_are_turned_on_the_way(tmp_path):
    frames, warnings = all_frames(mjpeg_clip(tmp_path / "a.mkv", [1, 1, 3, 3, 6]))
    assert len(frames) == 4
    for number, frame in enumerate(frames):
        shown = as_shown(exif_picture("JPEG", [1, 1, 3, 3][number], number))
        assert abs(frame.image - shown).mean() < 4
    assert any("another picture size" in warning for warning in warnings)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "I;16", "1"])
def test_pngs_of_every_kind_of_pixel(tmp_path, mode):
    grey = Image.fromarray(picture(0)[..., 0])
    image = Image.fromarray(picture(0)).convert(mode) if mode != "I;16" else Image.fromarray(
        picture(0)[..., 0].astype(np.uint16) * 257
    )  # fmt: skip
    for number in range(2):
        image.save(tmp_path / f"f_{100 * number}ms.png")
    frames, _ = all_frames(tmp_path)
    expected = np.asarray(grey if mode in ("L", "LA", "I;16") else image.convert("RGB"), dtype=float)
    if expected.ndim == 2:
        expected = expected[..., None] if mode == "I;16" else frames[0].image * 0.0 + np.asarray(
            Image.fromarray(picture(0)).convert("L"), dtype=float
        )[..., None]  # fmt: skip
    assert abs(frames[0].image - expected).mean() < 4


@pytest.mark.parametrize("kind", ["CMYK", "L", "progressive"])
def test_jpegs_of_every_kind_of_pixel(tmp_path, kind):
    image = Image.fromarray(picture(0))
    if kind != "progressive":
        image = image.convert(kind)
    for number in range(2):
        image.save(tmp_path / f"f_{100 * number}ms.jpg", quality=95, progressive=kind == "progressive")
    frames, _ = all_frames(tmp_path)
    assert abs(frames[0].image - np.asarray(image.convert("RGB"), dtype=float)).mean() < 6


def test_a_picture_under_a_wrong_ending(tmp_path):
    for number in range(2):
        (tmp_path / f"f_{100 * number}ms.png").write_bytes(exif_picture("JPEG", 1, number))
        (tmp_path / f"f_{100 * number + 50}ms.heic").write_bytes(exif_picture("JPEG", 1, number))
    assert len(all_frames(tmp_path)[0]) == 4


def test_pictures_that_cannot_be_read_are_left_out_and_said(tmp_path):
    folder = write_folder(tmp_path / "a", 6, named=True)
    whole = exif_picture("JPEG", 6)
    (folder / "frame_000080ms.png").write_bytes(b"")
    (folder / "frame_000120ms.png").write_bytes(whole[:200])
    (folder / "._frame_000130ms.png").write_bytes(b"\x00\x05\x16\x07 of another system")
    frames, warnings = all_frames(folder)
    assert len(frames) == 4
    assert any(warning.startswith("2 images cannot be read") for warning in warnings)


def test_a_picture_that_claims_to_be_huge(tmp_path):
    content = bytearray(exif_picture("PNG", 1))
    content[16:24] = (60_000).to_bytes(4, "big") * 2
    (tmp_path / "f_0ms.png").write_bytes(content)
    with pytest.raises(InputError, match="No image"):
        open_source(tmp_path)


class TestAnimations:
    def write(self, path: Path, durations, **settings) -> Path:
        pictures = [Image.fromarray(picture(number)) for number in range(len(durations))]
        pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=durations, **settings)
        return path

    def test_a_webp_is_read_with_its_times(self, tmp_path):
        path = self.write(tmp_path / "a.webp", [40, 60, 100, 40], lossless=True)
        frames, warnings = all_frames(path)
        assert [frame.time_ns // 10**6 for frame in frames] == [0, 40, 100, 200]
        for number, frame in enumerate(frames):
            np.testing.assert_array_equal(frame.image, picture(number))
        assert warnings[0].startswith("The picture is tiny")
        (grabbed,) = grab_frames(path, [frames[2].time_ns])
        np.testing.assert_array_equal(grabbed.image, picture(2))

    def test_a_webp_with_exif(self, tmp_path):
        path = self.write(tmp_path / "a.webp", [40, 40], lossless=True, exif=exif(6))
        frames, _ = all_frames(path)
        np.testing.assert_array_equal(frames[1].image, np.rot90(picture(1), 3))

    def test_a_webp_that_is_cut_short(self, tmp_path):
        path = self.write(tmp_path / "a.webp", [40] * 8, lossless=True)
        path.write_bytes(path.read_bytes()[:-400])
        try:
            frames, warnings = all_frames(path)
        except NotAVideoError:
            return
        assert len(frames) < 8
        assert any("cannot be read to its end" in warning for warning in warnings)

    def test_a_gif(self, tmp_path):
        assert len(all_frames(self.write(tmp_path / "a.gif", [40] * 5))[0]) == 5

    def test_an_animated_png(self, tmp_path):
        assert len(all_frames(self.write(tmp_path / "a.png", [40] * 5))[0]) == 5


class TestTracks:
    def two(self, path: Path, sizes=((64, 96), (128, 192)), counts=(12, 8)) -> Path:
        """The second track is larger; its pictures are darker."""
        with av.open(str(path), "w") as container:
            streams = []
            for height, width in sizes:
                stream = container.add_stream("libx264", rate=10)
                stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
                streams.append(stream)
            for number, stream in enumerate(streams):
                for index in range(counts[number]):
                    image = np.full((*sizes[number], 3), 200 - 120 * number, dtype=np.uint8)
                    frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                    frame.pts, frame.time_base = index, Fraction(1, 10)
                    container.mux(stream.encode(frame))
                container.mux(stream.encode())
        return path

    @pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
    def test_the_largest_unless_one_is_named(self, tmp_path, name):
        path = self.two(tmp_path / name)
        assert open_source(path).tracks == 2
        frames, _ = all_frames(path)
        assert (len(frames), frames[0].image.shape[:2]) == (8, (128, 192))
        frames, _ = all_frames(path, track=0)
        assert (len(frames), frames[0].image.shape[:2]) == (12, (64, 96))
        (grabbed,) = grab_frames(path, [frames[9].time_ns], track=0)
        assert abs(grabbed.image - 200.0).mean() < 6

    def test_a_track_that_is_not_there(self, tmp_path):
        with pytest.raises(NotAVideoError, match="2 tracks"):
            open_source(self.two(tmp_path / "a.mkv"), track=2)

    def test_a_cover_that_is_not_marked_as_one(self, tmp_path):
        path = self.two(tmp_path / "a.mp4", counts=(12, 1))
        assert open_source(path).tracks == 1
        assert len(all_frames(path)[0]) == 12


@pytest.mark.parametrize("turned_deg", [0, 90, 180, 270])
@pytest.mark.parametrize("matrix", [None, (0, 1, -1, 0), (-1, 0, 0, 1), (0, 1, 1, 0)])
def test_a_clip_that_is_turned_further(tmp_path, matrix, turned_deg):
    path = write_clip(tmp_path / "a.mp4", [picture(0)] * 3, matrix=matrix)
    upright = all_frames(path)[0][0].image
    turned = all_frames(path, turned_deg=turned_deg)[0][0].image
    np.testing.assert_array_equal(turned, np.rot90(upright, -turned_deg // 90))
    (grabbed,) = grab_frames(path, [0], turned_deg=turned_deg)
    np.testing.assert_array_equal(grabbed.image, turned)


@pytest.mark.parametrize("turned_deg", [90, 180, 270])
def test_pictures_that_are_turned_further(tmp_path, turned_deg):
    folder = write_folder(tmp_path / "a", 2)
    upright = all_frames(folder)[0][1].image
    frames, _ = all_frames(folder, turned_deg=turned_deg)
    np.testing.assert_array_equal(frames[1].image, np.rot90(upright, -turned_deg // 90))
    (grabbed,) = grab_frames(folder, [frames[1].time_ns], turned_deg=turned_deg)
    np.testing.assert_array_equal(grabbed.image, frames[1].image)


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("quarters", range(4))
def test_turns_add_up(quarters, flipped):
    turn, image = Turn(quarters, flipped), picture(0)
    for further in (0, 90, 180, 270):
        np.testing.assert_array_equal(
            turn.turned_further(further).apply(image), np.rot90(turn.apply(image), -further // 90)
        )


class TestTimes:
    def test_a_jump_of_a_year_does_not_push_out_what_follows(self, tmp_path):
        ticks = [100 * number for number in range(20)]
        ticks[10] = 365 * 86_400_000
        path = write_clip(tmp_path / "a.mkv", [picture(n) for n in range(20)], ticks=sorted(ticks))
        frames, warnings = all_frames(path)
        assert [frame.time_ns // 10**8 for frame in frames] == [*range(10), *range(11, 20)]
        assert any("another recording" in warning for warning in warnings)

    def test_pictures_an_hour_apart(self, tmp_path):
        folder = write_folder(tmp_path / "a", 5)
        rows = [f"{number + 1:03d}.png,{3600 * number}" for number in range(5)]
        (folder / "timestamps.csv").write_text("\n".join(["file,time_s", *rows]))
        frames, warnings = all_frames(folder)
        assert len(frames) == 1
        assert any("4 frames that come more than 10 minutes" in warning for warning in warnings)

    def test_two_recordings_in_one_transport_stream(self, tmp_path):
        path = write_clip(tmp_path / "a.ts", [picture(n) for n in range(20)])
        path.write_bytes(path.read_bytes() * 2)
        frames, _ = all_frames(path)
        times = [frame.time_ns for frame in frames]
        assert times == sorted(set(times))
        assert len(frames) >= 19


class TestTimestamps:
    def table(self, tmp_path: Path, content: str | bytes, count: int = 3) -> Path:
        folder = write_folder(tmp_path / "a", count)
        content = content.encode() if isinstance(content, str) else content
        (folder / "timestamps.csv").write_bytes(content)
        return folder

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param("file;time_s\n001.png;0,04\n002.png;0,08\n", id="semicolons-and-decimal-commas"),
            pytest.param("\ufefffile,time_s\r\n001.png,0.04\r\n002.png,0.08\r\n", id="byte-order-mark"),
            pytest.param(
                "\ufefffile;time_s;remark\r\n001.png;0,04;a;\r\n002.png;0,08;\r\n", id="spreadsheet"
            ),
            pytest.param("sep=;\nfile;time_s\n001.png;0.04\n002.png;0.08\n", id="sep-line"),
            pytest.param("file\ttime_s\n001.png\t0,04\n002.png\t0,08\n", id="tabs"),
            pytest.param('time_s,file\n"0,04",001.png\n"0,08","002.png"\n\n', id="quoted"),
            pytest.param("File, Time_S \n001.png, 0.04\n 002.png ,8e-2\n", id="spaces-and-capitals"),
        ],
    )
    def test_tables_of_other_programs(self, tmp_path, content):
        if content.startswith("\ufefffile;time_s;remark"):
            content = content.replace(";a;\r", ";a\r")
        frames, _ = all_frames(self.table(tmp_path, content))
        assert [frame.time_ns // 10**6 for frame in frames] == [40, 80]

    def test_seconds_since_1970_are_counted_from_the_first_picture(self, tmp_path):
        folder = self.table(tmp_path, "file,time_s\n001.png,1764115200.04\n002.png,1764115200.08\n")
        frames, warnings = all_frames(folder)
        assert [frame.time_ns // 10**6 for frame in frames] == [0, 40]
        assert any("those of a clock" in warning for warning in warnings)
        (grabbed,) = grab_frames(folder, [frames[1].time_ns])
        np.testing.assert_array_equal(grabbed.image, frames[1].image)

    def test_nanoseconds_since_a_camera_was_started(self, tmp_path):
        folder = write_folder(tmp_path / "a", 2, named=True)
        for number, path in enumerate(sorted(folder.iterdir())):
            path.rename(folder / f"{173_892_345_678_901 + 40_000_000 * number}ns.png")
        assert [frame.time_ns for frame in all_frames(folder)[0]] == [0, 40_000_000]

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            pytest.param("file,time_s\n001.png,1764115200000\n", "divide them by 1000", id="milliseconds"),
            pytest.param(
                "file,time_s\n001.png,0,04\n", "decimal commas need semicolons", id="decimal-commas"
            ),
            pytest.param(
                "file,time_s\n001.png,1\n001.png,2\n", "line 3.*listed in line 2 already", id="twice"
            ),
            pytest.param(f"file,time_s\n001.png,{'9' * 5000}\n", "not a time in seconds", id="5000-digits"),
            pytest.param("file,time_s\n001.png,1e999999999\n", "not a time in seconds", id="exponent"),
            pytest.param("file,time_s\n/etc/hostname,1\n", "outside the folder", id="elsewhere"),
            pytest.param(f"file,time_s\n{'x' * 200_000},1\n", "cannot be read as a table", id="long-field"),
            pytest.param(b"file,time_s\n\x00.png,1\n", "no such file|plain CSV", id="zero-byte"),
            pytest.param(b"f\x00i\x00l\x00e\x00", "no column file", id="utf-16"),
            pytest.param("", "no column file", id="empty"),
        ],
    )
    def test_mistakes(self, tmp_path, content, words):
        with pytest.raises(InputError, match=words):
            open_source(self.table(tmp_path, content))

    def test_300_000_rows_are_told_at_once(self, tmp_path):
        rows = "\n".join(f"{number:06d}.png,{number / 30:.3f}" for number in range(300_000))
        with pytest.raises(InputError, match=r"and 29999[0-9] more"):
            open_source(self.table(tmp_path, "file,time_s\n" + rows))


class TestNames:
    def test_bytes_that_are_no_text(self, tmp_path):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4"))
        write_clip(tmp_path / "a.mp4", [picture(0)] * 5).rename(path)
        source = open_source(path)
        assert source.info.name == "caf\N{REPLACEMENT CHARACTER}"
        assert len(list(source.frames())) == 5

    def test_pictures_whose_names_are_no_text(self, tmp_path):
        folder = write_folder(tmp_path / "a", 3, named=True)
        for path in list(folder.iterdir()):
            path.rename(os.fsdecode(os.fsencode(folder) + b"/\xff_" + os.fsencode(path.name)))
        assert len(all_frames(folder)[0]) == 3

    @pytest.mark.parametrize(
        ("name", "readable"),
        [
            ("Zoë 🧘", "Zoë 🧘"),
            ("a\udcffb", "a\ufffdb"),
            ("a\x1b[31m\nb", "a\ufffd[31m\ufffdb"),
            ("x" * 500, "x" * 200),
        ],
    )
    def test_what_stands_in_results(self, name, readable):
        assert readable_name(name) == readable

    def test_a_link_that_points_at_itself(self, tmp_path):
        (tmp_path / "a.mp4").symlink_to(tmp_path / "a.mp4")
        with pytest.raises(InputError, match="cannot be read"):
            open_source(tmp_path / "a.mp4")

    @pytest.mark.parametrize(
        "address", ["https://example.org/a.mp4", "rtsp://10.0.0.2:554/live", "HTTP://x/y", "file:///a.mp4"]
    )
    def test_addresses(self, address):
        with pytest.raises(InputError, match=r"is an address.*neckrom live --source"):
            open_source(Path(address))
