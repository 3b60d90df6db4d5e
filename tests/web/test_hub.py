"""Several pages at one session: one controls, the others watch, and none of them holds it up."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager

import pytest
from websockets.sync.client import connect

from neckrom.live.contract import COMMANDS, Phase, Simple, State
from neckrom.web import hub as hub_module
from tests.web.scripted import ScriptedSession
from tests.web.serving import PATIENCE_S, eventually, serving


class Page:
    """Speaks to the server as the page does."""

    def __init__(self, socket):
        self.socket = socket
        self.role = None
        self.states = []
        self.pictures = 0
        self.refused = 0
        self.not_understood = 0

    def tell(self, **message):
        self.socket.send(json.dumps(message))

    def look(self, timeout=5.0, *, answer=True):
        """Take one message."""
        message = self.socket.recv(timeout)
        if isinstance(message, bytes):
            self.pictures += 1
            if answer:
                self.tell(type="seen", picture=int.from_bytes(message[:4], "big"))
            return message
        content = json.loads(message)
        if content["type"] == "state":
            self.states.append(content)
            self.role = content["role"]
            if answer:
                self.tell(type="seen", seq=content["seq"])
        elif content["type"] == "not_understood":
            self.not_understood += 1
        elif content["type"] == "watching_only":
            self.refused += 1
        return content

    def until(self, condition, patience_s=10.0):
        give_up = time.monotonic() + patience_s
        while not condition(self):
            assert time.monotonic() < give_up
            self.look()


@contextmanager
def page(served, name):
    with connect(
        f"ws://{served.host}/live/socket?page={name}",
        open_timeout=PATIENCE_S,
        additional_headers={"Cookie": served.cookie()},
        origin=served.origin,
        compression=None,
        proxy=None,
    ) as socket:
        made = Page(socket)
        made.until(lambda each: each.role is not None)
        yield made


def is_paused(command):
    return isinstance(command, Simple) and command.type == "pause"


def test_what_is_sent_is_a_state_without_its_defaults(served):
    with page(served, "a") as first:
        sent = dict(first.states[-1])
        assert sent.pop("type") == "state"
        assert State.model_validate(sent).phase is Phase.SAFETY
        assert len(json.dumps(sent)) < 6000


def test_the_first_page_controls_and_the_second_watches(served, session):
    with page(served, "a") as first, page(served, "b") as second:
        assert (first.role, second.role) == ("controls", "watches")
        second.tell(type="answer", question="fever", answer="no")
        second.until(lambda each: each.refused)
        assert session.commands == []
        first.tell(type="answer", question="fever", answer="no")
        eventually(lambda: session.commands, "the answer of the page that controls")


def test_control_is_handed_over(served, session):
    with page(served, "a") as first, page(served, "b") as second:
        second.tell(type="take_control")
        second.until(lambda each: each.role == "controls")
        first.until(lambda each: each.role == "watches")
        first.tell(type="consent", video=True)
        first.until(lambda each: each.refused)
        second.tell(type="note", text="mine now")
        eventually(lambda: len(session.commands) == 1, "the note of the page that controls")


def test_whoever_watches_may_stop_it(served, session):
    with page(served, "a"), page(served, "b") as second:
        second.tell(type="pause")
        second.tell(type="stop", reason="dizziness")
        eventually(lambda: len(session.commands) == 2, "both commands")
    assert session.phase is Phase.STOPPED


def test_control_comes_back_to_a_page_that_loads_again(served):
    with page(served, "b") as keeper:
        keeper.tell(type="take_control")
        with page(served, "a") as first:
            first.tell(type="take_control")
            first.until(lambda each: each.role == "controls")
        with page(served, "a") as again:
            again.until(lambda each: each.role == "controls")


def test_control_passes_on_when_its_page_is_gone(served, monkeypatch):
    monkeypatch.setattr(hub_module, "RETURN_S", 0.2)
    with page(served, "b") as first:
        with page(served, "c") as second:
            second.tell(type="take_control")
            second.until(lambda each: each.role == "controls")
            first.until(lambda each: each.role == "watches")
        first.until(lambda each: each.role == "controls")


def test_a_page_that_sees_nothing_holds_nobody_up(served, session):
    with page(served, "slow") as slow, page(served, "fast") as fast:
        fast.until(lambda each: len(each.states) > 30 and each.pictures > 3)
        got = 0
        with pytest.raises(TimeoutError):
            while True:
                slow.look(0.3, answer=False)
                got += 1
        assert got <= hub_module.STATES_ON_THE_WAY + 1, (
            "no more states than it may have on the way, one picture"
        )
        slow.tell(type="seen", seq=slow.states[-1]["seq"])
        slow.until(lambda each: each.states[-1]["seq"] > fast.states[-30]["seq"])
        assert slow.states[-1]["seq"] >= session._seq - 60, "what comes then is new, nothing was queued"


def test_pictures_come_only_while_they_are_looked_at(served):
    with page(served, "a") as first:
        first.until(lambda each: each.pictures > 2)
        first.tell(type="looking", pictures=False)
        for _ in range(20):
            first.look()
        before = first.pictures
        for _ in range(30):
            first.look()
        assert first.pictures == before
        first.tell(type="looking", pictures=True)
        first.until(lambda each: each.pictures > before)


def test_pictures_are_jpegs_of_the_camera(served):
    with page(served, "a") as first:
        while not isinstance(message := first.look(), bytes):
            pass
        assert message[4:6] == b"\xff\xd8"


def test_a_session_that_nobody_hears_is_paused(report, monkeypatch):
    monkeypatch.setattr(hub_module, "ALONE_S", 0.2)
    session = ScriptedSession(report, speed=4.0, protocol="quick")
    session.start()
    with serving(session) as served:
        with page(served, "a") as first:
            for question in first.states[-1]["questions"]:
                first.tell(type="answer", question=question["id"], answer="no")
            first.tell(type="continue")
            first.tell(type="consent", video=False)
            first.until(lambda each: each.states[-1]["phase"] == "out")
        eventually(lambda: session.phase is Phase.PAUSED, "the pause")
        assert any(is_paused(command) for command in session.commands)
    session.close()


def test_no_more_pages_than_a_few(served):
    with pytest.raises(Exception, match=r"too many|1013|refused|rejected|403"):
        open_pages(served, hub_module.MOST_PAGES + 1)


def open_pages(served, number):
    if number:
        with page(served, f"p{number}"):
            open_pages(served, number - 1)


def test_a_defect_of_the_session_ends_the_server_with_it(report):
    class Broken(ScriptedSession):
        broken = False

        def wait(self, seq, timeout_s):
            if self.broken:
                raise RuntimeError("broken inside")
            return super().wait(seq, timeout_s)

    session = Broken(report)
    session.start()
    with pytest.raises(RuntimeError, match="broken inside"), serving(session) as served, page(served, "a"):
        session.broken = True
        time.sleep(1.5)
    session.close()


def test_the_trace_of_before_can_be_fetched(served):
    cookie = {"Cookie": served.cookie()}
    eventually(lambda: len(json.loads(served.ask("/live/trace", cookie).body)["points"]) > 20, "a trace")
    points = json.loads(served.ask("/live/trace", cookie).body)["points"]
    since = points[-5]["time_s"]
    newer = json.loads(served.ask(f"/live/trace?since={since}", cookie).body)["points"]
    assert all(point["time_s"] > since for point in newer)
    assert len(newer) < len(points)
    for wrong in ("nan", "inf", "x"):
        assert served.ask(f"/live/trace?since={wrong}", cookie).status == 422


def test_no_photo_without_consent(served, session):
    cookie = {"Cookie": served.cookie()}
    assert served.ask("/live/photo/flexion/1", cookie).status == 404
    session._recording = True
    photo = served.ask("/live/photo/flexion/1", cookie)
    assert photo.status == 200
    assert photo.headers["Content-Type"] == "image/jpeg"
    assert served.ask("/live/photo/nodding/1", cookie).status == 422


def test_every_command_of_the_contract_is_understood(served, session):
    commands = [
        {"type": "answer", "question": "fever", "answer": "unsure"},
        {"type": "override", "clinician": "Dr Noe", "reason": "examined"},
        {"type": "consent", "video": False},
        *(
            {"type": name}
            for name in ("continue", "pause", "resume", "repeat", "skip", "rezero", "hurts_now", "finish")
        ),
        {"type": "stop", "reason": "tired"},
        {"type": "redo", "movement": "flexion", "trial": 1},
        {"type": "pain", "movement": "flexion", "score": None},
        {"type": "chin", "fingers": 2},
        {"type": "note", "text": "<b>bold</b>"},
    ]
    with page(served, "a") as first:
        for command in commands:
            first.tell(**command)
        eventually(lambda: len(session.commands) >= len(commands), "all commands")
    assert session.commands[: len(commands)] == [COMMANDS.validate_python(command) for command in commands]


@pytest.mark.parametrize(
    "frame",
    [b"", b"\x00\xff", b'{"type":"pause"', b"x" * 5000, "", "null", "[]", "é" * 100, '{"type":1}', "9" * 400],
    ids=lambda frame: repr(frame[:12]),
)
def test_what_a_page_cannot_mean_does_not_end_its_connection(served, session, frame):
    """Binary or not: it is answered, and what comes after it counts."""
    with page(served, "a") as first:
        first.socket.send(frame)
        first.until(lambda each: each.not_understood)
        first.tell(type="answer", question="fever", answer="no")
        eventually(lambda: session.commands, "the answer after it")
