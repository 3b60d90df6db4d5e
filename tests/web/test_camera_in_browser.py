"""Camera and phone in a real browser: what a person sees, and a whole session through each."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time

import pytest

from neckrom.live.contract import Phase
from neckrom.messages import LANGUAGES, load_messages
from neckrom.result import Result
from neckrom.web import phone_server
from neckrom.web.remembered_camera import RememberedCamera
from tests.conftest import SAMPLES
from tests.web.fake_camera import browser_with_camera, write_loop
from tests.web.scripted import ScriptedSession
from tests.web.serving import eventually
from tests.web.test_page import script, until
from tests.web.test_page_camera import serving_camera
from tests.web.test_phone import serving_phone

PATIENCE_S = 300.0
DESKTOP, SMALL = {"width": 1280, "height": 720}, {"width": 390, "height": 844}

PROTOCOL = """
version = 1
title = "One direction, once"
directions = ["rotation_left"]
warm_ups = 0
trials = 1
"""


@pytest.fixture(scope="module")
def filming(browser):
    """A browser whose camera shows a moving pattern, and that is allowed it."""
    with browser_with_camera(browser.browser_type, None) as started:
        yield started


@pytest.fixture
def idle(report):
    made = ScriptedSession(report, speed=6.0, protocol="quick")
    yield made
    made.close()


@pytest.fixture
def served(idle):
    with serving_camera(idle) as running:
        yield running


def open_camera_page(browser, served, **options):
    context = browser.new_context(viewport=DESKTOP, **options)
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            page.complaints.append(message.text)
            if "Security Policy" in message.text or "Permissions policy" in message.text
            else None
        ),
    )
    page.goto(served.access.address("/live"))
    return page


# --------------------------------------------------------------- the page's camera


def test_the_browser_s_camera_begins_the_session_and_goes_on(filming, served, idle):
    page = open_camera_page(filming, served)
    page.wait_for_selector("body[data-phase=safety]")
    assert page.locator("#camera").is_hidden()
    first = served.camera.source._index
    eventually(lambda: served.camera.source._index > first + 15, "more pictures")
    assert served.camera.source.label
    assert page.complaints == []
    page.context.close()


def test_the_cameras_are_named_and_the_usual_one_is_taken(browser, idle, tmp_path):
    (tmp_path / "browser-camera.txt").write_text("fake_device_1")
    two = "--use-fake-device-for-media-stream=device-count=2"
    remembered = RememberedCamera(tmp_path)
    with (
        serving_camera(idle, remembered=remembered) as served,
        browser_with_camera(browser.browser_type, None, two) as started,
    ):
        page = open_camera_page(started, served)
        page.get_by_role("combobox", name="Which camera").wait_for()
        names = page.locator("#which option").all_text_contents()
        assert names == ["fake_device_0", "fake_device_1"]
        until(page, "document.querySelector('#which').selectedIndex === 1")
        page.locator("#which").select_option(label="fake_device_0")
        page.get_by_role("button", name="Begin with this picture").click()
        page.wait_for_selector("body[data-phase=safety]")
        eventually(lambda: remembered.label == "fake_device_0", "the choice")
        page.context.close()


def test_pictures_change_their_size_in_the_middle(filming, served, idle):
    page = open_camera_page(filming, served)
    page.wait_for_selector("body[data-phase=safety]")
    source = served.camera.source
    first = source.open()
    assert first.image.shape == (480, 640, 3)
    page.evaluate(
        "document.querySelector('#camera video').srcObject.getVideoTracks()[0]"
        ".applyConstraints({width: {exact: 320}, height: {exact: 240}})"
    )
    eventually(lambda: (frame := source.newest(0.5)) and frame.image.shape == (240, 320, 3), "the other size")
    page.context.close()


def test_a_camera_that_goes_away_is_said_and_looked_for(filming, served, idle):
    page = open_camera_page(filming, served)
    page.wait_for_selector("body[data-phase=safety]")
    page.evaluate(
        "(() => { const [track] = document.querySelector('#camera video').srcObject.getVideoTracks();"
        " track.stop(); track.dispatchEvent(new Event('ended')); })()"
    )
    page.get_by_text("The camera went away").wait_for()
    assert page.locator("#camera").is_visible()
    page.locator("#camera").wait_for(state="hidden", timeout=20_000)
    before = served.camera.source._index
    eventually(lambda: served.camera.source._index > before + 5, "more pictures")
    page.context.close()


def test_a_page_in_the_back_says_so(filming, served, idle):
    page = open_camera_page(filming, served)
    page.wait_for_selector("body[data-phase=safety]")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {get: () => true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    eventually(lambda: served.camera.trouble == "hidden", "the trouble")
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    eventually(lambda: served.camera.trouble is None, "its end")
    page.context.close()


def test_a_second_page_watches_and_can_take_the_camera(filming, served, idle, monkeypatch):
    # a machine of tests may be busy for longer than the pause after which a page has lost the camera
    monkeypatch.setattr("neckrom.web.page_camera.IDLE_S", 60.0)
    first = open_camera_page(filming, served)
    first.wait_for_selector("body[data-phase=safety]")
    second = first.context.new_page()
    second.goto(first.url)
    second.get_by_text("Another page of this session has the camera").wait_for()
    second.get_by_role("button", name="Use the camera in this page").click()
    first.get_by_text("Another page took the camera").wait_for()
    first.context.close()


def test_a_camera_that_is_not_allowed_is_said_with_the_way_out(browser, served, idle):
    with browser_with_camera(browser.browser_type, None, allowed=False) as refusing:
        page = open_camera_page(refusing, served)
        page.get_by_role("button", name="Use the camera").click()
        page.get_by_text("does not give the camera to this page").wait_for()
        page.get_by_role("button", name="Try again").wait_for()
        assert served.camera.trouble == "denied"
        page.context.grant_permissions(["camera"])
        page.get_by_role("button", name="Try again").click()
        page.wait_for_selector("body[data-phase=safety]")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (
            "Object.defineProperty(navigator, 'mediaDevices', {value: undefined})",
            "gives cameras to no page here",
        ),
        (
            "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError'); }",
            "finds no camera",
        ),
        (
            "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotReadableError'); }",
            "Another program has the camera",
        ),
    ],
)
def test_a_browser_without_a_camera_says_why(filming, served, idle, broken, said):
    context = filming.new_context(viewport=DESKTOP)
    context.add_init_script(broken)
    page = context.new_page()
    page.goto(served.access.address("/live"))
    page.wait_for_selector("#camera h1")
    page.wait_for_timeout(300)
    button = page.get_by_role("button", name="Use the camera")
    if button.is_visible():
        button.click()
    page.get_by_text(said).first.wait_for()
    context.close()


# ------------------------------------------------------------------------ a phone


def test_a_phone_shows_its_picture_and_what_to_do(filming, idle, monkeypatch):
    monkeypatch.setattr(phone_server, "GONE_S", 0.5)
    with serving_phone(idle) as served:
        page = open_camera_page(filming, served)
        page.get_by_text("A port is open to your local network").wait_for()
        until(page, "document.querySelector('.camera-code').naturalWidth > 100")
        address = page.locator(".camera-address").text_content()
        fingerprint = page.locator(".camera-fingerprint").text_content().replace(" ", ":")
        assert fingerprint == served.port.certificate.fingerprint

        stranger = filming.new_context(viewport=SMALL).new_page()
        with pytest.raises(Exception, match="ERR_CERT_AUTHORITY_INVALID"):
            stranger.goto(address)
        page.get_by_text("A phone turned the certificate down").wait_for()

        phone = filming.new_context(viewport=SMALL, ignore_https_errors=True).new_page()
        phone.goto(address)
        phone.wait_for_url(f"{served.port.origin}/")
        phone.get_by_text("Fingerprint of the certificate").click()
        assert served.port.certificate.fingerprint in phone.locator("body").inner_text()
        phone.get_by_text("Fingerprint of the certificate").click()
        page.get_by_text("The phone is there").wait_for()
        phone.get_by_role("button", name="Start").click()
        page.wait_for_selector("body[data-phase=safety]")
        phone.get_by_role("heading", name="First, a few questions").wait_for()
        until(phone, "document.querySelector('video').videoWidth > 0")
        assert page.locator("#camera").is_hidden()
        assert page.evaluate("document.body.dataset.voice") == "phone"

        phone.get_by_role("button", name="Stop").click()
        phone.get_by_role("heading", name="Why do you want to stop?").wait_for()
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        phone.get_by_role("button", name="No, go on").click()
        assert idle.phase is Phase.SAFETY
        phone.get_by_role("button", name="Stop").click()
        phone.get_by_role("button", name="I am tired").click()
        phone.get_by_role("button", name="Stop").wait_for(state="hidden")
        assert idle.commands[-1].reason == "tired"

        phone.close()
        page.get_by_text("The phone sends no picture").wait_for()
        until(page, "document.querySelector('.camera-code').naturalWidth > 100")
        assert page.locator(".camera-address").text_content() != address
        page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [(320, 640), (768, 1024), (1280, 720)], ids=str)
def test_nothing_is_cut_on_the_pages_of_camera_and_phone(filming, idle, language, size):
    texts = load_messages(language)
    viewport = {"width": size[0], "height": size[1]}
    with serving_phone(idle, language) as served:
        page = open_camera_page(filming, served)
        page.set_viewport_size(viewport)
        page.wait_for_selector(".camera-code")
        until(page, "document.querySelector('.camera-code').naturalWidth > 100")
        address = page.locator(".camera-address").text_content()
        assert page.evaluate(script("layout")) == []
        wide = (
            "document.querySelector('#camera').scrollWidth <= document.querySelector('#camera').clientWidth"
        )
        assert page.evaluate(wide)
        phone = filming.new_context(viewport=viewport, ignore_https_errors=True).new_page()
        phone.goto(address)
        phone.get_by_role("button", name=texts.text("camera.phone_page.start")).wait_for()
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        phone.context.close()
        page.context.close()


# ---------------------------------------------------------------- a whole session


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Half as fast as filmed: camera, browser and models share two cores with other tests."""
    target = tmp_path_factory.mktemp("film") / "loop.y4m"
    return write_loop(SAMPLES / "anna_full.mp4", target, ["rotation_left"], rest_s=3.0, shown_fps=15)


@pytest.mark.slow
@pytest.mark.parametrize("source", ["browser", "phone"])
def test_a_session_from_the_command_to_the_report(browser, film, tmp_path, source):
    protocol = tmp_path / "one.toml"
    protocol.write_text(PROTOCOL)
    command = [sys.executable, "-m", "neckrom", "live", "--source", source, "--no-browser"]
    command += ["--protocol", str(protocol), "--out", str(tmp_path / "out")]
    if source == "phone":
        command += ["--phone-address", "127.0.0.1"]
    said: list[str] = []
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=dict(os.environ, OMP_NUM_THREADS="1", COLUMNS="200", XDG_DATA_HOME=str(tmp_path / "data")),
    )  # fmt: skip
    threading.Thread(target=lambda: said.extend(running.stdout), daemon=True).start()
    try:
        address = eventually(lambda: re.search(r"http://127\S+", "".join(said)), "the address", 120)[0]
        with browser_with_camera(browser.browser_type, film) as filming:
            page = filming.new_context(viewport=DESKTOP).new_page()
            page.goto(address)
            if source == "phone":
                page.wait_for_selector(".camera-address", state="attached")
                until(page, "document.querySelector('.camera-address').textContent !== ''")
                phone = filming.new_context(viewport=SMALL, ignore_https_errors=True).new_page()
                phone.goto(page.locator(".camera-address").text_content())
                phone.get_by_role("button", name="Start").click()
            lead(page)
            if source == "phone":
                phone.get_by_role("heading", name="Done").wait_for()
                eventually(
                    lambda: "The port for the phone is closed." in "".join(said), "the end of the port"
                )
            page.keyboard.press("e")
            assert running.wait(60) == 0, "".join(said)
    finally:
        running.kill()
        running.wait()
    (folder,) = (tmp_path / "out").iterdir()
    result = Result.model_validate(json.loads((folder / "result.json").read_text()))
    found = {item.movement.value: item.best_deg for item in result.movements if item.best_deg is not None}
    assert set(found) == {"rotation_left"}
    assert found["rotation_left"] > 40
    recorded = json.loads((folder / "session.json").read_text())["source"]
    kept = RememberedCamera(tmp_path / "data" / "neckrom").label
    assert bool(kept) == (source == "browser")
    assert recorded.startswith("camera of the browser (" if source == "browser" else "camera of a phone (")
    if source == "phone":
        assert "A port is open to your network: https://127.0.0.1:" in "".join(said)


def lead(page) -> None:
    """Press what is asked for until the result is there; a machine that is slow is gone on with all the same."""
    give_up = time.monotonic() + PATIENCE_S
    since = time.monotonic()
    last = ""
    while (phase := page.evaluate("document.body.dataset.phase")) != "result":
        assert time.monotonic() < give_up, phase
        if phase != last:
            last, since = phase, time.monotonic()
        if phase == "safety":
            page.keyboard.press("Enter" if page.locator(".asked").is_visible() else "2")
        elif phase == "intro" or (phase == "setup" and time.monotonic() - since > 15):
            page.keyboard.press("Enter")
        elif phase in ("consent", "pain", "chin"):
            page.keyboard.press("1")
        page.wait_for_timeout(200)
