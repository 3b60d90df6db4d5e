"""A page that has the camera: what it may send, who may have it, and what the session makes of it."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from neckrom.errors import EnvironmentProblemError
from neckrom.live.contract import Phase
from neckrom.live.pushed import LARGEST_PICTURE, PushedSource
from neckrom.web.access import LOOPBACK, Access
from neckrom.web.page_camera import BUSY, HEAD, NOT_UNDERSTOOD, OVER, TAKEN_OVER, PageCamera
from neckrom.web.remembered_camera import RememberedCamera
from neckrom.web.server import LARGEST_CAMERA_MESSAGE, listening, live_app, run_app
from tests.live.pages import counting, jpeg
from tests.web.scripted import ScriptedSession
from tests.web.serving import PATIENCE_S, Served, eventually

GOOD = jpeg(counting(90))


class PageOfNumbers:
    """The page's end of the connection, without a browser."""

    def __init__(self, socket) -> None:
        self.socket = socket
        self.stages: list[str] = []
        self.answers: dict[int, str | None] = {}
        self.words: list[dict] = []
        self.number = 0
        self.code: int | None = None
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        try:
            for text in self.socket:
                message = json.loads(text)
                if message["type"] == "clock":
                    self.say({"type": "clock", "id": message["id"], "now": now_ms()})
                elif message["type"] == "stage":
                    self.told = message
                    self.stages.append(message["stage"])
                elif message["type"] == "words":
                    self.words.append(message)
                elif message["type"] == "took":
                    self.answers[message["id"]] = message.get("why")
        except ConnectionClosed:
            pass
        self.code = self.socket.protocol.close_code

    def say(self, message: dict) -> None:
        try:
            self.socket.send(json.dumps(message))
        except ConnectionClosed:
            return

    def send(self, data: bytes = GOOD, shift_ms: float = 0.0) -> str | None:
        """Send a picture; what was answered."""
        self.number += 1
        number = self.number
        self.socket.send(HEAD.pack(number, now_ms() + shift_ms, number) + data)
        eventually(lambda: number in self.answers, "the answer")
        return self.answers[number]

    def send_first(self) -> None:
        """Until the clocks are compared and a picture is taken."""
        eventually(lambda: self.send() is None, "a picture that is taken")


def now_ms() -> float:
    return time.monotonic() * 1e3 + 5e6


@contextmanager
def serving_camera(session, source=None, begin=None, remembered=None):
    source = source or PushedSource("browser")
    camera = PageCamera(source, begin or session.start, size=(640, 480), fps=30, remembered=remembered)
    with listening(None) as listener:
        access = Access(listener.getsockname()[1], camera=True)
        app, hub = live_app(session, access, "en", camera)
        ready, end = threading.Event(), threading.Event()
        failed: list[BaseException] = []

        def is_over() -> bool:
            camera.check()
            return end.is_set()

        def run() -> None:
            try:
                run_app(app, listener, ready.set, is_over, largest=LARGEST_CAMERA_MESSAGE)
            except BaseException as error:  # noqa: BLE001  (handed on below)
                failed.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        assert ready.wait(30)
        served = Served(access, hub, [])
        served.camera, served.failed = camera, failed
        try:
            yield served
        finally:
            end.set()
            thread.join(30)
            source.close()


@contextmanager
def page_of(served, name="one", *, take=False):
    headers = {"Cookie": served.cookie()}
    url = f"ws://{LOOPBACK}:{served.access.port}/live/camera?page={name}&take={str(take).lower()}"
    with connect(
        url, open_timeout=PATIENCE_S, origin=served.origin, additional_headers=headers, proxy=None
    ) as socket:
        yield PageOfNumbers(socket)


@pytest.fixture
def idle(report):
    made = ScriptedSession(report, speed=6.0, protocol="quick")
    yield made
    made.close()


@pytest.fixture
def served(idle):
    with serving_camera(idle) as running:
        yield running


def test_the_session_begins_with_the_first_picture(served, idle):
    with page_of(served) as page:
        eventually(lambda: page.stages == ["waiting"], "the stage")
        assert not idle._thread.is_alive()
        page.send_first()
        eventually(lambda: page.stages == ["waiting", "starting", "running"], "the stages")
        assert idle.phase is Phase.SAFETY
        served.camera.source.close()
        eventually(lambda: page.code == OVER, "the end")
        assert page.stages[-1] == "over"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not_jpeg"),
        (b"GIF89a" + bytes(500), "not_jpeg"),
        (GOOD[:-40], "not_jpeg"),
        (jpeg(counting(3, (60, 60))), "size"),
    ],
)
def test_what_is_no_picture_starts_nothing(served, idle, data, why):
    with page_of(served) as page:
        page.say({"type": "hello", "label": "x"})
        eventually(lambda: page.send(data) == why, "the refusal")
    assert not served.camera.source.arrived


def test_times_that_make_no_sense_are_told(served):
    with page_of(served) as page:
        page.send_first()
        assert page.send(shift_ms=10_000) == "time"
        assert page.send(shift_ms=float("nan")) == "time"
        assert page.send(shift_ms=-3_000) == "late"
        assert page.send() is None


def test_a_picture_that_is_far_too_large_ends_the_connection_and_nothing_else(served):
    with page_of(served) as page:
        page.send_first()
        assert page.send(bytes(LARGEST_PICTURE)) == "not_jpeg"
        page.socket.send(bytes(LARGEST_PICTURE + 5000))
        eventually(lambda: page.code == 1009, "the close")
    with page_of(served) as page:
        page.send_first()


def test_who_talks_no_sense_for_long_is_turned_away(served):
    with page_of(served) as page:
        for number in range(120):
            try:
                page.socket.send(
                    ("x" * 4000, b"\x00" * 20, '{"type":"clock","id":1,"now":1e999}')[number % 3]
                )
            except ConnectionClosed:
                break
        eventually(lambda: page.code == NOT_UNDERSTOOD, "the close")


def test_one_page_has_the_camera_and_gives_it_to_who_asks(served):
    with page_of(served, "one") as first:
        first.send_first()
        with page_of(served, "two") as second:
            eventually(lambda: second.code == BUSY, "the refusal")
        with page_of(served, "two", take=True) as second:
            second.send_first()
            eventually(lambda: first.code == TAKEN_OVER, "the loss")
            assert second.send() is None


def test_the_same_page_loaded_again_has_it_at_once(served):
    with page_of(served, "one") as before:
        before.send_first()
        with page_of(served, "one") as after:
            after.send_first()
            eventually(lambda: before.code == TAKEN_OVER, "the loss")


def test_a_page_that_sends_nothing_keeps_nobody_out(served, monkeypatch):
    monkeypatch.setattr("neckrom.web.page_camera.IDLE_S", 0.3)
    with page_of(served, "silent"):
        time.sleep(0.5)
        with page_of(served, "two") as second:
            second.send_first()


def test_the_name_of_the_camera_stands_in_the_record_as_plain_words(served):
    with page_of(served) as page:
        page.say({"type": "hello", "label": "HD\u202e\nWebcam " + "x" * 200})
        eventually(lambda: served.camera.source.label, "the name")
    assert served.camera.source.name.startswith("camera of the browser (HD Webcam xx")
    assert len(served.camera.source.label) == 80


def test_the_camera_is_remembered_by_its_name(idle, tmp_path):
    remembered = RememberedCamera(tmp_path / "new")
    assert remembered.label == ""
    with serving_camera(idle, remembered=remembered) as served, page_of(served) as page:
        page.say({"type": "hello", "label": "HD Webcam ä (046d:0825)"})
        page.send_first()
        eventually(lambda: remembered.label == "HD Webcam ä (046d:0825)", "the name")
        eventually(lambda: page.stages, "the stage")
        assert page.told["label"] == ""
    assert (tmp_path / "new" / "browser-camera.txt").stat().st_mode & 0o077 == 0
    with serving_camera(idle, remembered=remembered) as served, page_of(served) as page:
        eventually(lambda: page.stages, "the stage")
        assert page.told["label"] == "HD Webcam ä (046d:0825)"


def test_a_name_that_cannot_be_kept_or_read_is_none(tmp_path):
    (tmp_path / "browser-camera.txt").mkdir()
    remembered = RememberedCamera(tmp_path)
    remembered.keep("x")
    assert remembered.label == ""
    (tmp_path / "browser-camera.txt").rmdir()
    (tmp_path / "browser-camera.txt").write_bytes(b"\xff\xfe")
    assert remembered.label == ""
    remembered.keep("")
    remembered.keep("y")
    assert remembered.label == "y"


def test_trouble_of_the_page_is_known(served):
    with page_of(served) as page:
        page.say({"type": "trouble", "why": "denied"})
        eventually(lambda: served.camera.trouble == "denied", "the trouble")
        page.say({"type": "trouble", "why": "<script>"})
        page.say({"type": "trouble", "why": None})
        eventually(lambda: served.camera.trouble is None, "its end")


def test_a_page_that_has_its_own_button_stops_nothing_here(served, idle):
    with page_of(served) as page:
        page.send_first()
        page.say({"type": "stop", "reason": "pain"})
        page.say({"type": "trouble", "why": "hidden"})
        eventually(lambda: served.camera.trouble == "hidden", "what was said last")
    assert idle.phase is Phase.SAFETY


def test_nobody_without_the_secret_brings_pictures(served):
    url = f"ws://{LOOPBACK}:{served.access.port}/live/camera?page=one"
    for origin, cookie in (
        (served.origin, "neckrom=x"),
        ("http://evil.example", served.cookie()),
        (None, served.cookie()),
    ):
        with pytest.raises(InvalidStatus):
            connect(
                url, open_timeout=PATIENCE_S, origin=origin, additional_headers={"Cookie": cookie}, proxy=None
            )


def test_only_a_session_with_a_page_s_camera_may_ask_the_browser_for_one(served):
    answer = served.ask("/live", {"Cookie": served.cookie()})
    assert "camera=(self)" in answer.headers["Permissions-Policy"]
    assert b'data-camera="browser"' in answer.body


def test_what_keeps_the_session_from_starting_ends_the_server(idle):
    def begin() -> None:
        raise EnvironmentProblemError("No model.")

    with serving_camera(idle, begin=begin) as served, page_of(served) as page:
        page.send_first()
        eventually(lambda: served.failed, "the end of the server")
        assert str(served.failed[0]) == "No model."
        assert "failed" in page.stages


def test_a_slow_page_gets_answers_one_by_one(served):
    """Two under way: the page sends no third before an answer."""
    with page_of(served) as page:
        page.send_first()
        began = time.monotonic()
        taken = sum(page.send() is None for _ in range(30))
        assert taken == 30
        assert time.monotonic() - began < 10


def test_the_next_picture_is_asked_for_when_this_one_is_looked_at(idle):
    """So as many are compressed, sent and unpacked as are measured, and none waits to grow old."""
    source = PushedSource("browser")
    with serving_camera(idle, source, begin=source.open) as served, page_of(served) as page:
        page.send_first()  # answered at once: the session has not begun
        eventually(lambda: source._begin_ns is not None, "the beginning")

        def send(number: int) -> None:
            page.number += 1
            page.socket.send(HEAD.pack(page.number, now_ms(), page.number) + jpeg(counting(number)))

        send(201)
        eventually(lambda: page.number in page.answers, "the first, which begins the session")
        send(202)
        time.sleep(0.3)
        assert page.number not in page.answers
        assert source.newest(2.0) is not None
        eventually(lambda: page.number in page.answers, "the answer")
        assert page.answers[page.number] is None


def test_other_messages_stay_as_small_as_before(served):
    """The server takes a picture's megabyte; what a page says may still have 64 KB."""
    headers = {"Cookie": served.cookie()}
    url = f"ws://{LOOPBACK}:{served.access.port}/live/socket?page=a"
    with connect(
        url, open_timeout=PATIENCE_S, origin=served.origin, additional_headers=headers, proxy=None
    ) as socket:
        note = json.dumps({"type": "note", "text": "x" * 4000})
        socket.send(note + " " * 70_000)
        eventually(lambda: "not_understood" in socket.recv(10), "the refusal")
