"""Pictures that a page brings: its clock, what is refused, and what is left out."""

from __future__ import annotations

import io
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from neckrom.live.pushed import (
    LARGEST_PICTURE,
    LATE_S,
    NoPicturesError,
    PageClock,
    PushedSource,
    Refusal,
    decoded,
    refusal_of,
)
from neckrom.live.sources import SourceState
from tests.live.pages import compared_clock, counting, jpeg, page_now_ms, page_sending

GOOD = jpeg(counting(90))


@pytest.fixture
def source():
    made = PushedSource("browser")
    yield made
    made.close()


# -------------------------------------------------------------------- the clock


@given(
    offset_ms=st.floats(-1e9, 1e9),
    trips=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=30),
)
def test_the_difference_of_the_clocks_is_as_sure_as_the_shortest_way(offset_ms, trips):
    clock, now_ms = PageClock(), 0
    for there, back in trips:
        asked = now_ms
        clock.answered(asked * 1_000_000, asked + there - offset_ms, (asked + there + back) * 1_000_000)
        now_ms = asked + there + back + 1000
    shortest = min(there + back for there, back in trips[-8:])
    error_ms = clock.ours_ns(5000.0 - offset_ms) / 1e6 - 5000.0
    assert abs(error_ms) <= shortest + 1e-3


def test_a_slow_answer_does_not_move_times_that_fit_it():
    clock = PageClock()
    clock.answered(0, 1000.0, 2_000_000)
    before = clock.ours_ns(5000.0)
    clock.answered(1_000_000_000, 2000.0, 1_900_000_000)
    assert clock.ours_ns(5000.0) == before


@pytest.mark.parametrize("jump_ms", [-60_000.0, 60_000.0])
def test_a_clock_that_jumped_is_followed(jump_ms):
    """A phone that slept counts on where it fell asleep."""
    clock = PageClock()
    for second in range(8):
        clock.answered(second * 10**9, second * 1000.0, second * 10**9 + 2_000_000)
    clock.answered(9 * 10**9, 9000.0 + jump_ms, 9 * 10**9 + 2_000_000)
    assert clock.ours_ns(9000.0 + jump_ms) == pytest.approx(9 * 10**9, abs=2_000_000)


@pytest.mark.parametrize("nonsense", [math.nan, math.inf, -math.inf, 1e300])
def test_an_answer_that_is_no_time_says_nothing(nonsense):
    clock = PageClock()
    clock.answered(0, nonsense, 1_000_000)
    assert clock.ours_ns(1.0) is None
    clock.answered(0, 1.0, 1_000_000)
    assert clock.ours_ns(nonsense) is None


# ------------------------------------------------------------- what is no picture


def as_file(picture: np.ndarray, form: str, **options: object) -> bytes:
    data = io.BytesIO()
    Image.fromarray(picture).save(data, form, **options)
    return data.getvalue()


def claiming(width: int, height: int) -> bytes:
    """A small file that says that it holds a large picture."""
    at = GOOD.index(b"\xff\xc0")
    return GOOD[: at + 5] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + GOOD[at + 9 :]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"", Refusal.NOT_JPEG, id="nothing"),
        pytest.param(b"\xff\xd8\xff\xd9", Refusal.NOT_JPEG, id="begin and end"),
        pytest.param(as_file(counting(9), "PNG"), Refusal.NOT_JPEG, id="png"),
        pytest.param(as_file(counting(9), "WEBP"), Refusal.NOT_JPEG, id="webp"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", Refusal.NOT_JPEG, id="svg"),
        pytest.param(GOOD[: len(GOOD) // 2], Refusal.NOT_JPEG, id="breaks off"),
        pytest.param(GOOD[:-2], Refusal.NOT_JPEG, id="without its end"),
        pytest.param(as_file(counting(9), "JPEG", progressive=True), Refusal.NOT_JPEG, id="in passes"),
        pytest.param(as_file(np.full((120, 160, 4), 9, np.uint8), "TIFF"), Refusal.NOT_JPEG, id="tiff"),
        pytest.param(claiming(65000, 65000), Refusal.SIZE, id="bomb"),
        pytest.param(claiming(160, 0), Refusal.NOT_JPEG, id="no height"),
        pytest.param(jpeg(counting(9, (2000, 100))), Refusal.SIZE, id="too wide"),
        pytest.param(jpeg(counting(9, (95, 120))), Refusal.SIZE, id="too narrow"),
        pytest.param(GOOD + b"\x00" * LARGEST_PICTURE, Refusal.TOO_LARGE, id="too many bytes"),
    ],
)
def test_what_is_no_picture_of_a_camera_is_refused_before_it_is_decoded(source, data, why):
    assert source.offer(data, page_now_ms(), compared_clock()) is why
    assert not source.arrived


def test_a_picture_is_what_was_sent():
    picture = np.zeros((120, 160, 3), dtype=np.uint8)
    picture[:, :80, 0] = 200  # red on its left
    image = decoded(jpeg(picture, 95))
    assert image.shape == (120, 160, 3)
    assert image[60, 20, 0] > 180 and image[60, 20, 2] < 40
    assert image[60, 140].max() < 40


def test_a_grey_picture_is_one():
    data = as_file(np.full((120, 160), 77, np.uint8), "JPEG")
    assert refusal_of(data) is None
    assert decoded(data).shape == (120, 160, 3)


@given(st.binary(max_size=400), st.integers(0, len(GOOD)))
def test_damage_never_raises(noise, at):
    data = GOOD[:at] + noise + GOOD[at:]
    if refusal_of(data) is None:
        decoded(data)


def test_damage_inside_is_told_with_the_next_picture():
    source = PushedSource("browser")
    clock = compared_clock()
    source.offer(GOOD, page_now_ms(), clock)
    with page_sending(source):
        source.open()
    at = GOOD.index(b"\xff\xda")
    broken = GOOD[:at] + b"\xff\xd9"  # ends before its first point
    assert source.offer(broken, page_now_ms(), clock) is None
    told = None
    for number in range(40):
        time.sleep(0.02)
        told = told or source.offer(jpeg(counting(number)), page_now_ms(), clock)
    assert told is Refusal.NOT_JPEG
    source.close()


# -------------------------------------------------------------------- its time


@pytest.mark.parametrize(
    ("shift_ms", "why"),
    [
        (0.0, None),
        (-400.0, None),
        (-1000 * LATE_S - 50, Refusal.LATE),
        (-60_000.0, Refusal.TIME),
        (200.0, Refusal.TIME),
        (1e15, Refusal.TIME),
        (math.nan, Refusal.TIME),
        (math.inf, Refusal.TIME),
    ],
)
def test_what_was_taken_too_early_or_not_yet_is_left_out(source, shift_ms, why):
    assert source.offer(GOOD, page_now_ms() + shift_ms, compared_clock()) is why


def test_times_that_go_backwards_or_stand_still_are_left_out(source):
    clock, now = compared_clock(), page_now_ms()
    assert source.offer(GOOD, now - 100, clock) is None
    assert source.offer(GOOD, now - 100, clock) is Refusal.TIME
    assert source.offer(GOOD, now - 200, clock) is Refusal.TIME
    assert source.offer(GOOD, now - 50, clock) is None


def test_a_page_whose_clock_was_not_compared_yet_has_no_times(source):
    assert source.offer(GOOD, page_now_ms(), PageClock()) is Refusal.TIME


def test_the_next_page_goes_on_where_the_last_one_ended():
    """Another page, or the same one loaded again: another clock, the same time."""
    source = PushedSource("phone")
    with page_sending(source):
        first = source.open()
    other = PageClock()
    asked = time.monotonic_ns()
    other.answered(asked, 12.0, time.monotonic_ns())
    time.sleep(0.3)
    waited_ms = (time.monotonic_ns() - asked) / 1e6
    assert source.offer(jpeg(counting(200)), 12.0 + waited_ms, other) is None
    frame = None
    while frame is None or frame.image.mean() < 190:
        frame = source.newest(2.0)
    assert frame.time_ns >= first.time_ns + 250_000_000
    source.close()


# ------------------------------------------------------------------ a lost page


def test_a_page_that_falls_silent_is_lost_and_back_again():
    source = PushedSource("phone")
    with page_sending(source) as silent:
        source.open()
        assert source.state is SourceState.RUNNING
        silent.set()
        time.sleep(1.2)
        source.newest(0.05)
        assert source.newest(0.05) is None
        assert source.state is SourceState.LOST
        silent.clear()
        assert source.newest(2.0) is not None
        assert source.state is SourceState.RUNNING
    source.close()


def test_the_same_picture_over_and_over_is_none():
    source = PushedSource("browser")
    clock = compared_clock()
    with page_sending(source):
        source.open()
    end = time.monotonic() + 1.4
    while time.monotonic() < end:
        assert source.offer(GOOD, page_now_ms(), clock) is None
        source.newest(0.02)
    assert source.state is SourceState.LOST
    source.close()


def test_one_picture_a_second_is_one_picture_a_second():
    source = PushedSource("browser")
    with page_sending(source, fps=1.0):
        frames = [source.open(), source.newest(3.0), source.newest(3.0)]
    times = [frame.time_ns * 1e-9 for frame in frames]
    assert np.diff(times) == pytest.approx([1.0, 1.0], abs=0.2)
    source.close()


def test_a_flood_is_cut(source):
    clock = compared_clock()
    now = page_now_ms()
    said = [source.offer(GOOD, now - 300 + number, clock) for number in range(100)]
    assert said.count(Refusal.TOO_MANY) == 35


@pytest.fixture
def offered():
    """A source that is open, offering it a picture, and the numbers of those that are out of the way."""
    source, clock, told = PushedSource("browser"), compared_clock(), []
    with page_sending(source):
        source.open()

    def offer(number: int, data: bytes) -> None:
        assert source.offer(data, page_now_ms(), clock, None, lambda: told.append(number)) is None
        time.sleep(0.1)

    source.newest(0.1)
    yield source, offer, told
    source.close()


def test_a_picture_is_out_of_the_way_when_it_or_a_later_one_is_looked_at(offered):
    source, offer, told = offered
    offer(1, jpeg(counting(201)))
    offer(2, jpeg(counting(202)))
    assert told == [], "nobody has looked yet"
    assert source.newest(1.0).image.mean() == pytest.approx(202, abs=1)
    assert told == [1, 2]


def test_nobody_waits_for_a_picture_that_turns_out_to_be_none(offered):
    source, offer, told = offered
    offer(1, GOOD[: GOOD.index(b"\xff\xda")] + b"\xff\xd9")
    assert told == [1]
    assert source.offer(GOOD, page_now_ms(), compared_clock()) is Refusal.NOT_JPEG, "the next one tells"
    offer(2, jpeg(counting(201)))
    source.newest(1.0)
    offer(3, jpeg(counting(201)))
    assert told == [1, 2, 3], "the same picture again"


def test_nobody_waits_for_pictures_after_the_end_or_before_the_beginning(offered):
    source, offer, told = offered
    offer(1, jpeg(counting(201)))
    source.close()
    assert told == [1]
    before = PushedSource("browser")
    assert before.offer(GOOD, page_now_ms(), compared_clock(), None, lambda: told.append(2)) is None
    assert told == [1, 2]
    before.close()


def test_when_all_is_measured_nothing_is_taken_any_more(source):
    source.close()
    assert source.offer(GOOD, page_now_ms(), compared_clock()) is Refusal.OVER


def test_a_page_that_stops_before_the_beginning_is_told_what_to_do(monkeypatch, source):
    monkeypatch.setattr("neckrom.live.pushed._FIRST_FRAME_S", 0.2)
    with pytest.raises(NoPicturesError, match="leave the page open"):
        source.open()


def test_pictures_from_before_the_beginning_are_not_part_of_it():
    source = PushedSource("browser")
    with page_sending(source):
        time.sleep(0.2)
        assert source.arrived
        frame = source.open()
        assert 0 <= frame.time_ns < 1_000_000_000
    source.close()


def test_pictures_that_the_page_left_out_count(source):
    """So that a slow computer is told from a slow camera."""
    clock, now = compared_clock(), page_now_ms()
    numbers = []
    for step, so_far in enumerate((10, 11, 14, 14, 2, 4_000_000_000)):
        assert source.offer(GOOD, now - 100 + step, clock, so_far) is None
        numbers.append(source._index)
    assert np.diff(numbers).tolist() == [1, 3, 1, 1, 300]
    source.offer(GOOD, page_now_ms(), compared_clock(), 5)
    assert source._index == numbers[-1] + 1, "another page counts anew"


@given(at=st.integers(0, 700), noise=st.binary(min_size=1, max_size=12))
@settings(max_examples=600, deadline=None)
def test_a_damaged_head_never_raises(at, noise):
    refusal_of(GOOD[:at] + noise + GOOD[at + len(noise) :])
