"""The page in a real browser, led by the keyboard alone."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from neckrom.live.contract import (
    Answer,
    Chin,
    Consent,
    Heard,
    Note,
    Override,
    Pain,
    Phase,
    Redo,
    Simple,
    Stop,
)
from neckrom.live.keys import Key
from neckrom.messages import LANGUAGES, read_texts
from neckrom.screening.safety import safety_questions
from neckrom.types import Movement
from tests.report.report_cases import deficit
from tests.web.scripted import ScriptedSession
from tests.web.serving import PATIENCE_S, eventually, serving

READING_MS = 210
DESKTOP, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}

IN_PAGE = Path(__file__).parent / "in_page"


def script(name):
    """A script that runs in the page."""
    return (IN_PAGE / f"{name}.js").read_text(encoding="utf-8")


@pytest.fixture
def open_page(browser):
    """Open the page; every complaint of the browser fails the test."""
    contexts, complaints = [], []

    def go(served, *, size=DESKTOP, query="", ears=True, browser_script="", **options):
        context = browser.new_context(viewport=size, **options)
        contexts.append(context)
        if ears:
            context.add_init_script(script("ears"))
        if browser_script:
            context.add_init_script(browser_script)
        page = context.new_page()
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(served.access.address("/live") + query)
        page.wait_for_selector("body:not([data-phase=connecting])")
        return page

    yield go
    for context in contexts:
        context.close()
    expected = (
        "WebSocket connection",
        "Refused to",
        "violates the following",
        "404",
        "Trusted",
        "ERR_CONNECTION_REFUSED",
        "blocked",
        "no sound card",
    )
    assert [text for text in complaints if not any(word in text for word in expected)] == []


@contextmanager
def at(session, page, phase):
    """Let time stand still in a phase, as soon as it comes, with the page showing it.

    What is pressed is taken all the same; the person moves again when the block ends.
    """
    session.freeze_at = phase
    eventually(lambda: session.frozen, f"{phase} after {session.phase}")
    try:
        shown(page, phase.value)
        yield
    finally:
        session.frozen = False


def wait_for(session, *phases):
    eventually(lambda: session.phase in phases, f"{phases} after {session.phase}")


def shown(page, phase):
    page.wait_for_selector(f"body[data-phase={phase}]")


def answer_all(page, session, answers=None):
    """Answer every question by its number key."""
    for number, question in enumerate(safety_questions()):
        page.wait_for_selector(
            f".count:has-text('{number + 1} of'), .count:has-text('{number + 1} von'), "
            f".count:has-text('{number + 1} de'), .count:has-text('{number + 1} sur')"
        )
        page.wait_for_timeout(READING_MS)
        page.keyboard.press({"yes": "1", "no": "2", "unsure": "3"}[(answers or {}).get(question.id, "no")])
        eventually(lambda asked=question.id: asked in session._machine.answers, "the answer")
    page.wait_for_selector(".asked:not([hidden])")


def over_the_questions(session, answers=None):
    """In no time: they have tests of their own."""
    for question in safety_questions():
        given = (answers or {}).get(question.id, "no")
        session.command(Answer(type="answer", question=question.id, answer=given))


def to_setup(page, session, *, video=False):
    over_the_questions(session)
    session.command(Simple(type="continue"))
    shown(page, "consent")
    page.keyboard.press("2" if video else "1")
    wait_for(session, Phase.INTRO, Phase.SETUP, Phase.NEUTRAL)
    session.command(Simple(type="continue"))  # the introduction has tests of its own


def until(page, condition):
    """Wait for a condition in the page; its policy forbids the browser to wait by itself."""
    eventually(lambda: page.evaluate(condition), condition)


def press_until_heard(page, session, key):
    """On a busy machine the page may still show the question before, whose answer nobody waits for any more."""
    asked, give_up = session.phase, time.monotonic() + PATIENCE_S
    while session.phase is asked:
        assert time.monotonic() < give_up, f"nothing came of {key} in {asked}"
        page.keyboard.press(key)
        heard_by = time.monotonic() + 2.0
        while session.phase is asked and time.monotonic() < heard_by:
            page.wait_for_timeout(20)


def headline(page):
    return page.locator("h1").inner_text()


# ------------------------------------------------------------------ the session


def test_a_session_by_keyboard_alone(open_page, served, session):
    page = open_page(served)
    assert "token" not in page.url
    assert headline(page) == "First, a few questions"
    answer_all(page, session)
    page.keyboard.press("Enter")
    shown(page, "consent")
    page.keyboard.press("1")
    with at(session, page, Phase.OUT):
        assert headline(page) == "Chin to your chest"
    while (phase := session.phase) is not Phase.RESULT:
        if phase is Phase.PAIN:
            shown(page, "pain")
            press_until_heard(page, session, "t" if Phase.CHIN not in session.phases else "s")
        elif phase is Phase.CHIN:
            shown(page, "chin")
            page.keyboard.press("2")
            eventually(lambda: session.phase is not Phase.CHIN, "the end of the question")
        page.wait_for_timeout(20)
    shown(page, "result")
    assert {Phase.OUT, Phase.HOLD, Phase.BACK, Phase.PAIN, Phase.CHIN} <= set(session.phases)
    kinds = [type(command) for command in session.commands]
    assert kinds.count(Answer) == len(safety_questions())
    assert [command.video for command in session.commands if isinstance(command, Consent)] == [False]
    scores: dict[Movement, int | None] = {}
    for command in session.commands:
        if isinstance(command, Pain):
            scores.setdefault(command.movement, command.score)
    assert list(scores.values()) == [10, *[None] * 5]
    assert [command.fingers for command in session.commands if isinstance(command, Chin)] == [2]
    check_result(page)
    check_sound(page)
    page.keyboard.press("e")
    page.get_by_text("neckrom has ended").first.wait_for()


def check_result(page):
    figures = page.locator(".best-list li")
    until(page, "document.querySelectorAll('.best-list li').length === 6")
    best = deficit().result.movements[2].best_deg
    assert f"{best:.0f}°" in figures.nth(2).inner_text(), "the figures of the report, not those while moving"
    assert "half or more lost" in figures.nth(2).inner_text()
    assert (
        page.get_by_role("link", name="Open the report").get_attribute("href") == "/live/report/report.html"
    )
    assert "Saved in" in page.locator(".folder").inner_text()


def check_sound(page):
    spoken = page.evaluate("window.spoken")
    assert {voice for voice, _ in spoken} == {"near"}, "only a voice of this device and language"
    words = [text for _, text in spoken]
    assert "Slowly bring your chin to your chest, as far as is comfortable. Hold until the tone." in words
    assert words[-1].startswith("Well done.")
    sounded = page.evaluate("window.sounded")
    assert sounded.count(880) >= 3, "a chime for each capture that the page had time to see"
    assert 196 <= sounded[0] <= 440, "the tone that rises"


def test_each_sentence_is_spoken_once_and_in_order(open_page, served, session):
    page = open_page(served)
    to_setup(page, session)
    with at(session, page, Phase.OUT):
        for count in range(2, 6):
            page.keyboard.press("r")
            until(
                page,
                f"window.spoken.filter(([, text]) => text.startsWith('Slowly bring')).length === {count}",
            )
        page.wait_for_timeout(300)
        words = [text for _, text in page.evaluate("window.spoken")]
    assert words.count("Look straight ahead and keep still.") == 1
    assert sum(text.startswith("Slowly bring your chin") for text in words) == 5, (
        "once, and again each time it was asked for"
    )
    asked = (
        "May your picture be stored? Press one for no, two for yes. The test works either way.",
        "Look straight ahead and keep still.",
    )
    assert words.index(asked[0]) < words.index(asked[1])


def test_muted_means_silent_and_written(open_page, served, session):
    page = open_page(served)
    to_setup(page, session)
    page.keyboard.press("m")
    with at(session, page, Phase.OUT):
        before = len(page.evaluate("window.spoken"))
        assert page.get_by_role("button", name="Sound on").get_attribute("aria-pressed") == "true"
        page.keyboard.press("r")
        eventually(lambda: Simple(type="repeat") in session.commands, "the repetition")
        page.wait_for_timeout(300)
        assert len(page.evaluate("window.spoken")) == before
        assert page.get_by_role("status").inner_text() != "", "told to screen readers instead"
        assert page.locator(".subtitle").is_visible()


def test_no_voice_is_said_once(open_page, served):
    page = open_page(served, ears=False)
    note = page.get_by_text("No voice that works for this language")
    note.wait_for()
    page.get_by_role("button", name="OK").click()
    note.wait_for(state="hidden")
    page.reload()
    page.wait_for_selector(".question")
    page.wait_for_timeout(1800)
    assert not note.is_visible()


# ----------------------------------------------------------------------- safety


def test_a_stop_sign_ends_it_and_a_slip_can_be_mended(open_page, served, session):
    page = open_page(served)
    answer_all(page, session, {"fever": "yes"})
    page.keyboard.press("Enter")
    shown(page, "refused")
    assert headline(page) == "No test today. Please get medical help now."
    assert "fever" in page.locator(".because").inner_text()
    assert not page.locator(".override").is_visible(), "nobody overrides a certain sign"
    assert page.get_by_role("button", name="Stop").count() == 0
    page.keyboard.press("c")
    shown(page, "safety")
    page.keyboard.press("Tab")
    change = page.get_by_role("button", name="Change answer 12")
    change.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(READING_MS)
    page.keyboard.press("2")
    page.wait_for_selector(".asked:not([hidden])")
    page.keyboard.press("Enter")
    shown(page, "consent")


def test_a_clinician_goes_on_with_their_name(open_page, served, session):
    page = open_page(served)
    answer_all(page, session, {"sharp_neck_pain": "yes"})
    page.keyboard.press("Enter")
    shown(page, "refused")
    assert headline(page) == "Please see a doctor first"
    page.get_by_label("Your name").focus()
    page.keyboard.type("Dr Noe, m s h z p")
    page.keyboard.press("Tab")
    page.keyboard.type("Examined today")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    shown(page, "consent")
    (override,) = [command for command in session.commands if isinstance(command, Override)]
    assert (override.clinician, override.reason) == ("Dr Noe, m s h z p", "Examined today")
    assert not any(isinstance(command, Stop) for command in session.commands)


def test_going_back_to_a_question(open_page, served, session):
    page = open_page(served)
    for key, number in (("1", 1), ("Backspace", 2), ("2", 1)):
        page.wait_for_selector(f".count:has-text('Question {number} of')")
        page.wait_for_timeout(READING_MS)
        page.keyboard.press(key)
    page.wait_for_selector(".count:has-text('Question 2 of')")
    eventually(lambda: session._machine.answers["walking_balance"] == "no", "the corrected answer")


# ------------------------------------------------------------------------- stop


@pytest.mark.parametrize("focus", ["nothing", "a button"])
def test_the_space_bar_stops_whatever_has_the_focus(open_page, served, session, focus):
    page = open_page(served)
    to_setup(page, session)
    with at(session, page, Phase.OUT):
        if focus == "a button":
            page.get_by_role("button", name="Skip").focus()
        page.keyboard.press(" ")
        page.get_by_role("dialog", name="Why do you want to stop?").wait_for()
        wait_for(session, Phase.PAUSED)
        assert not any(command.type == "skip" for command in session.commands)
        page.keyboard.press("2")
        shown(page, "stopped")
    assert session.commands[-1] == Stop(type="stop", reason="dizziness")
    assert "Dizziness is a reason to stop" in page.locator(".detail").inner_text()
    names = page.get_by_role("button").all_inner_texts()
    assert not any("Go on" in name for name in names), "no way back into the test"
    assert page.get_by_text("Call an ambulance if").is_visible()
    page.keyboard.press("p")
    page.keyboard.press(" ")
    page.wait_for_timeout(200)
    assert session.phase is Phase.STOPPED


def test_a_stop_that_was_a_slip_goes_on(open_page, served, session):
    page = open_page(served)
    to_setup(page, session)
    with at(session, page, Phase.OUT):
        page.keyboard.press(" ")
        page.get_by_role("dialog").wait_for()
        wait_for(session, Phase.PAUSED)
        page.keyboard.press("Escape")
        wait_for(session, Phase.ANNOUNCE)
    # the page also tells what it has said aloud, whenever that is done
    assert [command for command in session.commands if not isinstance(command, Heard)][-1] == Simple(
        type="resume"
    )


def test_hurts_skip_rezero_pause_by_key(open_page, served, session):
    page = open_page(served)
    to_setup(page, session)
    with at(session, page, Phase.HOLD):
        page.keyboard.press("h")
        eventually(lambda: Simple(type="hurts_now") in session.commands, "the pain")
        page.keyboard.press("z")
        shown(page, "neutral")
        page.keyboard.press("p")
        shown(page, "paused")
        page.keyboard.press("Enter")
        shown(page, "neutral")
        page.keyboard.press(" ")
        shown(page, "paused")
        page.evaluate("document.querySelector('dialog[open]').close()")  # as a browser does of its own
        shown(page, "neutral")
    with at(session, page, Phase.OUT):
        page.keyboard.press("s")
        wait_for(session, Phase.PAIN)


def test_shortcuts_can_be_switched_off(open_page, served, session):
    page = open_page(served)
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Everything by key").wait_for()
    box = page.get_by_label("Single keys work")
    box.focus()
    page.keyboard.press(" ")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.wait_for_timeout(200)
    assert session.commands == []
    page.keyboard.press(" ")
    page.get_by_role("dialog", name="Why do you want to stop?").wait_for()


def test_a_lost_camera_is_said_and_comes_back(open_page, served, session):
    page = open_page(served)
    to_setup(page, session)
    with at(session, page, Phase.OUT):
        session.lose_camera()
        shown(page, "camera_lost")
        assert headline(page) == "The camera is gone"
        assert page.get_by_text("Close other programs").is_visible()
        session.find_camera()
        shown(page, "neutral")


# ----------------------------------------------------------- two pages, reload


def test_two_pages_one_controls(open_page, served, session):
    first, second = open_page(served), open_page(served, query="&view=clinician")
    second.get_by_text("You are watching").wait_for()
    second.wait_for_timeout(READING_MS)
    second.keyboard.press("2")
    first.keyboard.press("2")
    eventually(lambda: session.commands, "the answer")
    second.wait_for_timeout(200)
    assert len(session.commands) == 1
    second.get_by_role("button", name="Take control").click()
    first.get_by_text("You are watching").wait_for()
    second.get_by_text("You are watching").wait_for(state="hidden")
    second.keyboard.press("2")
    eventually(lambda: len(session.commands) == 2, "the answer of the page that controls now")


def test_a_page_that_is_loaded_again_goes_on(open_page, served, session):
    page = open_page(served)
    for number in (1, 2):
        page.wait_for_selector(f".count:has-text('Question {number} of')")
        page.wait_for_timeout(READING_MS)
        page.keyboard.press("2")
        page.wait_for_selector(f".count:has-text('Question {number + 1} of')")
        page.reload()


_PRESS_AS_SOON_AS_THE_NEXT_IS_THERE = """() => new Promise((done) => {
    const press = () => document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "1", bubbles: true}));
    new MutationObserver((_, observer) => {
        if (!document.querySelector(".count")?.textContent.includes("Question 2 of")) return;
        observer.disconnect();
        press();
        done();
    }).observe(document.body, {subtree: true, childList: true, characterData: true});
    press();
})"""
"""In the page itself: how busy the machine is does not matter."""


def test_a_key_pressed_twice_answers_one_question(open_page, served, session):
    page = open_page(served)
    page.wait_for_timeout(READING_MS)
    page.evaluate(_PRESS_AS_SOON_AS_THE_NEXT_IS_THERE)
    page.wait_for_timeout(100)
    assert set(session._machine.answers) == {"walking_balance"}


def test_a_server_that_is_gone_is_said(open_page, report):
    session = ScriptedSession(report)
    session.start()
    with serving(session) as served:
        page = open_page(served)
    page.get_by_text("The connection to neckrom is lost").first.wait_for()
    session.close()


# -------------------------------------------------------------- the clinician


def test_the_physiotherapists_view(open_page, served, session):
    page = open_page(served, query="&view=clinician")
    session.trunk_deg = 20.0
    to_setup(page, session, video=True)
    page.get_by_label("Notes").focus()
    page.keyboard.type("<b>stiff</b> h s z")
    page.keyboard.press("Control+Enter")
    page.get_by_text("<b>stiff</b> h s z").wait_for()
    assert [command.text for command in session.commands if isinstance(command, Note)] == [
        "<b>stiff</b> h s z"
    ]
    page.evaluate("document.activeElement.blur()")
    wait_for(session, Phase.PAIN)
    shown(page, "pain")
    page.keyboard.press("4")
    wait_for(session, Phase.CHIN)
    shown(page, "chin")
    page.keyboard.press("0")
    row = page.get_by_role("row", name=re.compile("Trial 1 5.°")).first
    row.wait_for()
    assert "(!)" in row.inner_text(), "the trunk moved along"
    page.get_by_text("Chin to chest: pain 4").wait_for()
    photo = page.locator(".photos img").first
    photo.wait_for()
    until(page, "document.querySelector('.photos img').naturalWidth > 100")
    assert page.evaluate(script("trace_colours")) > 4, "the trace is drawn"
    page.get_by_role("button", name="Redo: Chin to chest, trial 1").click()
    eventually(lambda: any(isinstance(command, Redo) for command in session.commands), "the redo")


def test_no_photos_without_consent(open_page, served, session):
    page = open_page(served, query="&view=clinician")
    to_setup(page, session, video=False)
    wait_for(session, Phase.PAIN)
    shown(page, "pain")
    assert page.locator(".photos img").count() == 0
    assert page.get_by_text("if the person agreed").is_visible()


# ------------------------------------------------------- for everybody to use


def examine(page, texts):
    """What must hold on every screen."""
    count, bad = page.evaluate(script("contrast"))
    assert count > 5
    assert bad == []
    assert page.evaluate(script("layout")) == []
    assert page.evaluate(script("unnamed")) == []
    assert page.locator("h1:visible").count() == 1
    visible = page.locator("body").inner_text()
    raw = [
        word
        for word in re.findall(r"\b[a-z]+(?:\.[a-z_]+)+\b", visible)
        if word in texts or word.startswith("page.")
    ]
    assert raw == [], "keys without words"
    assert "{" not in visible
    focused = page.evaluate("document.activeElement.tagName")
    assert focused != "BODY", "the focus is lost"


@pytest.mark.parametrize(
    "seen_by",
    [
        pytest.param((DESKTOP, "light", "en", ""), id="desktop-light"),
        pytest.param((PHONE, "dark", "de", ""), id="phone-dark-german"),
        pytest.param((PHONE, "light", "fr", ""), id="phone-light-french"),
        pytest.param((DESKTOP, "dark", "es", "&view=clinician"), id="clinician-dark-spanish"),
    ],
)
def test_every_screen_can_be_read_and_used(open_page, report, seen_by):  # noqa: PLR0915  (one walk)
    size, scheme, language, query = seen_by
    session = ScriptedSession(report, speed=6.0, protocol="quick")
    session.start()
    texts = read_texts("en")
    with serving(session, language) as served:
        page = open_page(served, size=size, color_scheme=scheme, query=query, reduced_motion="reduce")
        assert page.locator("html").get_attribute("lang") == language

        def look(phase):
            shown(page, phase)
            page.wait_for_timeout(60)
            examine(page, texts)

        look("safety")
        over_the_questions(session, {"sharp_neck_pain": "yes"})
        page.wait_for_selector(".asked:not([hidden])")
        look("safety")
        page.keyboard.press("Enter")
        look("refused")
        page.keyboard.press("c")
        shown(page, "safety")
        page.locator(".answered button").nth(12).focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(READING_MS)
        page.keyboard.press("2")
        page.wait_for_selector(".asked:not([hidden])")
        page.keyboard.press("Enter")
        look("consent")
        page.keyboard.press("1")
        with at(session, page, Phase.INTRO):
            session.dark_s = 1e9
            look("intro")
        with at(session, page, Phase.SETUP):
            look("setup")
            session.dark_s = 0.0
        with at(session, page, Phase.NEUTRAL):
            look("neutral")
        with at(session, page, Phase.HOLD):
            session.warnings = (Key.WARNING_DISK_FULL,)
            look("hold")
            session.warnings = ()
            page.keyboard.press(" ")
            look("paused")
            page.keyboard.press("Escape")
            shown(page, "announce")
            page.keyboard.press("?")
            page.wait_for_selector("dialog[open]")
            examine(page, texts)
            page.keyboard.press("Escape")
            session.lose_camera()
            look("camera_lost")
            session.find_camera()
        with at(session, page, Phase.PAIN):
            look("pain")
            page.keyboard.press("0")
            look("chin")
            page.keyboard.press("0")
        with at(session, page, Phase.OUT):
            page.keyboard.press(" ")
            page.wait_for_selector("dialog[open]")
            shown(page, "paused")
            page.keyboard.press("1")
            look("stopped")
        assert page.evaluate("document.getAnimations().filter((a) => a.playState === 'running').length") == 0
        page.keyboard.press("Enter")
        shown(page, "result")
        until(page, "document.querySelectorAll('.best-list li').length === 6")
        look("result")
    session.close()


def test_tab_reaches_everything_and_traps_nowhere(open_page, served, session):
    page = open_page(served)
    to_setup(page, session)
    with at(session, page, Phase.OUT):
        reachable = page.evaluate(
            "[...document.querySelectorAll('button, select')].filter((e) => e.checkVisibility()).length"
        )
        visited = []
        for _ in range(reachable + 3):
            page.keyboard.press("Tab")
            visited.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
        assert len(set(visited)) >= reachable
        assert any("action-stop" in name for name in visited)
        assert visited.count(visited[0]) >= 1


def test_the_screen_as_a_screen_reader_meets_it(open_page, served, session):
    page = open_page(served)
    snapshot = page.locator("body").aria_snapshot()
    assert 'heading "First, a few questions" [level=1]' in snapshot
    assert 'heading "Do you have trouble walking, or with your balance?" [level=2]' in snapshot
    assert "toolbar" in snapshot
    for name in (
        "Yes",
        "No",
        "Not sure",
        "Stop",
        "Hurts now",
        "Repeat",
        "Skip",
        "Re-zero",
        "Pause",
        "Mute",
        "Keys",
    ):
        assert f'button "{name}' in snapshot, name
    assert page.evaluate("document.activeElement.textContent").startswith("Do you have trouble walking")
    to_setup(page, session)
    wait_for(session, Phase.PAIN)
    shown(page, "pain")
    snapshot = page.locator("body").aria_snapshot()
    assert 'group "Pain from 0 to 10"' in snapshot
    assert 'button "Pain 10"' in snapshot


def test_the_language_can_be_changed(open_page, served, session):
    page = open_page(served)
    for language in LANGUAGES[::-1]:
        page.get_by_role("combobox").select_option(language)
        until(page, f"document.documentElement.lang === '{language}'")
        assert headline(page) == read_texts(language)["headline.safety"]
        assert page.locator(".question").first.inner_text() == read_texts(language)["safety.walking_balance"]


# ------------------------------------------------------------------- the policy


def test_nothing_foreign_runs_on_the_page(open_page, served):
    page = open_page(served)
    tried = page.evaluate(script("inject"))
    assert tried == {"code": "undefined", "markup": "refused", "request": "refused"}
    assert page.locator(".question").first.is_visible()


def test_another_site_cannot_frame_or_read_it(browser, served, tmp_path):
    """A page of another origin in the same browser, with the cookie in its jar."""
    context = browser.new_context()
    own = context.new_page()
    own.goto(served.access.address("/live"))
    other = context.new_page()
    other.goto("data:text/html,<p>other</p>")
    tried = other.evaluate(script("other_site"), served.host)
    assert tried["socket"] == "refused"
    assert tried["image"] == "refused"
    assert tried["fetch"] in ("refused", "opaque")
    context.close()
