"""The page of a session of nerve tests: keys alone suffice, and every screen holds its boxes."""

from __future__ import annotations

import pytest

from neckrom.live.contract import Changed, Phase, Simple, Whose
from tests.web import fed
from tests.web.fed import FedSession, Shown, faults
from tests.web.nerve_fed import MACHINES, state_of
from tests.web.serving import serving


@pytest.fixture
def nerve_page(browser):
    """The page, and the session that shows what it is told to."""
    session, complaints = FedSession(), []
    with serving(session, "de") as served:
        context = browser.new_context(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(served.access.address("/live"))
        page.wait_for_selector("body:not([data-phase=connecting])")
        yield page, session
        context.close()
    assert complaints == []


def show(page, session: FedSession, name: str) -> None:
    state = state_of(name)
    session.show(state)
    fed._until(page, f"document.body.dataset.phase === '{state.phase.value}'")
    page.wait_for_timeout(60)


def pressed(page, session: FedSession, key: str) -> list:
    session.commands.clear()
    page.keyboard.press(key)
    page.wait_for_timeout(120)
    return list(session.commands)


def test_keys_alone_lead_through_a_repetition(nerve_page):
    page, session = nerve_page
    for name, key, wanted in (
        ("nerve, position", "Enter", Simple(type="continue")),
        ("nerve, lead", "Enter", Simple(type="now")),
        ("nerve, lead", "n", Simple(type="now")),
        ("nerve, lead", "0", Simple(type="felt_nothing")),
        ("nerve, neck", "Enter", Simple(type="continue")),
        ("nerve, answer", "2", Changed(type="changed", answer="less")),
        ("nerve, answer", "s", Changed(type="changed", answer=None)),
        ("nerve, whose", "1", Whose(type="whose", pain="own")),
    ):
        show(page, session, name)
        assert wanted in pressed(page, session, key), f"{name}: {key}"
    show(page, session, "nerve, lead")
    assert Simple(type="pause") in pressed(page, session, " ")
    assert page.locator("dialog[open]").is_visible()
    assert "Bein" in page.locator("dialog[open] p").first.inner_text()


def test_keys_alone_lead_through_a_turn_of_the_trunk(nerve_page):
    page, session = nerve_page
    for name, key, wanted in (
        ("turning, position", "Enter", Simple(type="continue")),
        ("turning, lead", "Enter", Simple(type="now")),
        ("turning, lead", "s", Simple(type="skip")),
    ):
        show(page, session, name)
        assert wanted in pressed(page, session, key), f"{name}: {key}"
    show(page, session, "turning, lead")
    assert not page.locator(".led-angle").is_visible()
    assert "sehen" not in page.locator(".led").inner_text()
    assert Simple(type="pause") in pressed(page, session, " ")
    assert "zurück zur Mitte" in page.locator("dialog[open] p").first.inner_text()


def test_every_screen_holds_its_boxes(nerve_page, monkeypatch):
    page, session = nerve_page
    monkeypatch.setattr(fed, "SCREENS", {name: Shown(lambda name=name: (name, None)) for name in MACHINES})
    monkeypatch.setattr(Shown, "state", lambda shown: state_of(shown.make()[0]))
    monkeypatch.setattr(Shown, "first", lambda _shown: None)
    found = [fault for size in ("1280", "phone, small") for fault in faults(page, session, size, MACHINES)]
    assert found == []


@pytest.mark.parametrize("size", [(1000, 600), (1280, 720), (1366, 768)])
def test_the_longest_words_push_nothing_out_of_a_low_window(nerve_page, size):
    page, session = nerve_page
    page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    show(page, session, "nerve, arm")
    above = page.evaluate("""() => {
      const top = document.querySelector(".screen-nerve_guide").getBoundingClientRect().top;
      return [...document.querySelectorAll(".nerve-panel .figure > *")]
        .map((each) => each.getBoundingClientRect())
        .filter((box) => box.height && box.top < top - 1).length;
    }""")
    assert above == 0


def test_a_stop_has_the_advice_of_nerve_tests(nerve_page):
    page, session = nerve_page
    show(page, session, "nerve, stopped")
    assert state_of("nerve, stopped").phase is Phase.STOPPED
    advice = page.locator(".screen-stopped .steps").inner_text()
    assert "Bein oder ein Arm schwach bleibt" in advice
    assert "Kopf in der Mitte" not in advice
