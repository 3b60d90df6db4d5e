"""Every screen of the live page at any size: nothing overlaps, nothing is cut, STOP is whole and in its place.

The boxes are measured in a real browser. All sizes and languages: ``python benchmarks/page_layout.py``.
"""

from __future__ import annotations

import pytest

from neckrom.messages import LANGUAGES
from tests.web.fed import FedSession, faults, showing
from tests.web.serving import serving


@pytest.fixture
def fed_page(browser):
    """A page of a session that shows what it is told to, in a language; with complaints of the browser."""
    contexts, servers, complaints = [], [], []

    def go(language, **options):
        session = FedSession()
        server = serving(session, language)
        served = server.__enter__()
        servers.append(server)
        context = browser.new_context(viewport={"width": 1280, "height": 720}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(served.access.address("/live"))
        page.wait_for_selector("body:not([data-phase=connecting])")
        return page, session

    yield go
    for context in contexts:
        context.close()
    for server in servers:
        server.__exit__(None, None, None)
    assert complaints == []


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_holds_its_boxes(fed_page, language):
    page, session = fed_page(language, reduced_motion="reduce")
    sizes = ["1280", "1280 at 400 %"] + (["phone, small", "1100"] if language == "de" else [])
    assert [fault for size in sizes for fault in faults(page, session, size)] == []


def test_the_measure_sees_what_is_wrong(fed_page):
    page, session = fed_page("de", reduced_motion="reduce")
    page.evaluate(
        "document.head.append(Object.assign(document.createElement('link'), {rel: 'x'}));"
        "for (const [sheet] of [[...document.styleSheets].slice(-1)])"
        " sheet.insertRule('.answers { margin-top: -9rem; } ', sheet.cssRules.length);"
        "const last = [...document.styleSheets].at(-1);"
        "last.insertRule('.action-stop { width: 60px !important; }', last.cssRules.length);"
    )
    found = " ".join(faults(page, session, "1280", ["safety"]))
    assert "overlap" in found or "covered" in found
    assert "action-stop" in found


def test_the_figure_moves_and_rests_for_who_wants_no_motion(fed_page):
    page, session = fed_page("en")
    with showing(page, session, "announce"):
        assert page.locator(".figure").is_visible()
        assert page.locator(".figure-words").inner_text().startswith("Slowly lower your right ear")
        assert page.evaluate("document.getAnimations().some((a) => a.animationName === 'show-movement')")
    with showing(page, session, "out"):
        assert not page.locator(".figure").is_visible()
        assert page.locator(".gauge").is_visible()
    page, session = fed_page("en", reduced_motion="reduce")
    with showing(page, session, "announce"):
        turned = page.evaluate("getComputedStyle(document.querySelector('.figure-turns')).transform")
        assert turned not in ("none", "matrix(1, 0, 0, 1, 0, 0)"), "it stands where the movement goes"
        assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("screen", ["result", "saving", "result, stopped"])
def test_the_end_has_figures_pain_and_finish(fed_page, screen):
    page, session = fed_page("en")
    with showing(page, session, screen):
        words = page.locator("main").inner_text()
        assert "Turn left 38° (42 % of 90°)" in words, "the verdict is there"
        assert "Pain: 7 of 10" in words, "so is the pain that was entered"
        if screen == "saving":
            assert page.get_by_role("progressbar").get_attribute("aria-valuenow") == "55"
        else:
            assert page.get_by_role("button", name="Finish").is_visible()
        assert page.locator("iframe").count() == 0
    if screen == "result, stopped":
        assert "Well done" not in words
        assert words.index("Stay seated") < words.index("Turn left"), "advice stands on top"
