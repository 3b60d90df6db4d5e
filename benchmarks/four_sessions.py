#!/usr/bin/env python3
"""Four guided sessions, followed through everything that says something about them.

    python benchmarks/four_sessions.py FOLDER [--languages en,de] [--only dizzy,trunk,painful,healthy]

Clips play the camera of ``neckrom live``, Chromium shows its page, keys are pressed as a person would:

dizzy     stopped for dizziness after two of six movements
trunk     the trunk moves along
painful   rotation hurts, and the sides differ
healthy   every movement as far as people move

Each session is stored beside an earlier visit of the same person, and then looked at as result page, client sheet,
report (page and paper), session page, course (page and paper), comparison, neck screen, FHIR, and in the terminal,
in every language that is asked for. FOLDER keeps the pictures; what stands there already is not recorded again.
Printed is which line of the verdict each surface says first; exits with 1 where two differ.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from neckrom.messages import load_messages
from neckrom.result import Result
from neckrom.saying.grades import Grade
from neckrom.saying.verdict import verdict_of

SAMPLES = Path(__file__).parent.parent / "sample_videos"
PATIENCE_S = 1800.0
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@dataclass(frozen=True, slots=True)
class Case:
    """One session.

    Attributes
    ----------
    person : str
    clip : str
        Plays the camera.
    before : str
        Clip of the earlier visit.
    pains : tuple of int
        Said after each movement, in their order.
    dizzy_after : int or None
        Stopped once so many movements are done.
    """

    person: str
    clip: str
    before: str
    pains: tuple[int, ...] = (0, 0, 0, 0, 0, 0)
    dizzy_after: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What is looked at, and in which language.

    Attributes
    ----------
    person, first, second : str
        Ids of the person, the earlier visit and the session.
    language : str
    store, folder : Path
        The records, and where pictures go.
    """

    person: str
    first: str
    second: str
    language: str
    store: Path
    folder: Path


CASES = {
    "dizzy": Case("Bruno Costa", "bruno_moderate", "bruno_moderate", dizzy_after=2),
    "trunk": Case("Mei Lin", "mei_trunkcomp", "mei_trunkcomp"),
    "painful": Case("Chidi Okafor", "chidi_deficit", "chidi_deficit", (0, 0, 6, 4, 0, 0)),
    "healthy": Case("Anna Berg", "anna_full", "anna_full"),
}
BEFORE = "2026-03-02"


def main() -> int:
    """Record what is missing, look at everything, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--languages", default="en,de")
    parser.add_argument("--only", default=",".join(CASES))
    parser.add_argument("--record-only", action="store_true", help="look at nothing yet")
    given = parser.parse_args()
    languages = given.languages.split(",")
    home = given.folder.resolve()
    home.mkdir(parents=True, exist_ok=True)
    os.environ["XDG_DATA_HOME"] = str(home / "data")  # nobody's own settings and records
    names = given.only.split(",")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name in names:
            if not list((home / name / "session").glob("*/result.json")):
                record(CASES[name], home / name, browser, languages)
            if not list((home / name / "before").rglob("result.json")):
                earlier(CASES[name], home / name)
        if given.record_only:
            return 0
        wrong = look_at_all(names, home, browser, languages)
        browser.close()
    return 1 if wrong else 0


# --------------------------------------------------------------------- recording


def neckrom(*words: object, home: Path | None = None) -> str:
    """What a command says on stdout."""
    done = subprocess.run(
        [sys.executable, "-m", "neckrom", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | ({} if home is None else {"NECKROM_HOME": str(home)}),
    )
    if done.returncode != 0:
        raise SystemExit(f"neckrom {' '.join(map(str, words))}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


@contextmanager
def running(*words: object) -> Iterator[str]:
    """A command that serves pages; gives the address that opens once."""
    process = subprocess.Popen(
        [sys.executable, "-m", "neckrom", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = next(found[0] for line in process.stdout if (found := re.search(r"http://\S+", line)))
        yield address
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def record(case: Case, home: Path, browser: Browser, languages: list[str]) -> None:
    """Lead one guided session, and picture its result page in every language."""
    print(f"recording {home.name} ...", flush=True)
    command = (
        "live",
        "--source",
        SAMPLES / f"{case.clip}.mp4",
        "--fast",
        "--no-browser",
        "--protocol",
        "quick",
    )
    with running(*command, "--out", home / "session", "--lang", languages[0]) as address:
        page = browser.new_page(viewport=WIDE)
        page.goto(address)
        lead(page, case, home)
        page.wait_for_selector("section.verdict p")
        for language in languages:
            page.get_by_role("combobox").select_option(language)
            page.wait_for_selector(f"html[lang={language}]")
            page.wait_for_selector("section.verdict p")
            page.frame_locator("iframe.report").locator(f"html[lang={language}] h1").wait_for(
                timeout=1e3 * PATIENCE_S
            )
            keep(page, home, f"result_page.{language}", whole=False)
            (home / f"result_page.{language}.txt").write_text(
                page.inner_text("section.verdict"), encoding="utf-8"
            )
        page.keyboard.press("e")
        page.close()


def lead(page: Page, case: Case, home: Path) -> None:
    """Press what is asked for until the result is there."""
    page.wait_for_selector(".question")
    done, last, give_up = 0, "", time.monotonic() + PATIENCE_S
    while (phase := page.evaluate("document.body.dataset.phase")) != "result":
        if time.monotonic() > give_up:
            raise SystemExit(f"{home.name}: still {phase}")
        moving = phase in ("announce", "out", "hold", "back")
        done += last == "pain" and phase != "pain"
        if phase == "safety":
            page.keyboard.press("Enter" if page.locator(".asked").is_visible() else "2")
        elif phase == "consent":
            page.keyboard.press("2")
        elif phase == "chin":
            page.keyboard.press("0")
        elif phase == "pain":
            page.keyboard.press(str(case.pains[done]))
        elif moving and case.dizzy_after == done:
            page.keyboard.press(" ")
            page.wait_for_selector("dialog[open]")
            page.keyboard.press("2")
            page.wait_for_selector("body[data-phase=stopped]")
            keep(page, home, "stopped", whole=False)
            page.keyboard.press("Enter")
        last = phase
        page.wait_for_timeout(150)


def earlier(case: Case, home: Path) -> None:
    """The visit before: the clip as it is."""
    print(f"measuring the earlier visit of {home.name} ...", flush=True)
    neckrom("measure", SAMPLES / f"{case.before}.mp4", "--out", home / "before", "--hfov", 58)


# ----------------------------------------------------------------------- looking


def look_at_all(names: list[str], home: Path, browser: Browser, languages: list[str]) -> int:
    """Store the sessions, picture every surface, and compare what each says first."""
    store = home / "store"
    shutil.rmtree(store, ignore_errors=True)
    where = ("--store", store)
    wrong = 0
    for name in names:
        case, folder = CASES[name], home / name
        person = json.loads(
            neckrom("people", "add", case.person, "--birth-date", "1988-04-12", "--json", *where)
        )["id"]
        before = next((folder / "before").rglob("result.json")).parent
        after = next((folder / "session").glob("*/result.json")).parent
        stored = ("sessions", "import", "--person", person, "--json", *where)
        first = json.loads(neckrom(*stored, before, "--date", BEFORE))["session_id"]
        second = json.loads(neckrom(*stored, after))["session_id"]
        result = Result.model_validate_json((after / "result.json").read_text(encoding="utf-8"))
        for language in languages:
            seen = Seen(person, first, second, language, store, folder)
            said = dict(in_the_terminal(seen)) | on_paper(seen) | on_pages(seen, browser)
            live = folder / f"result_page.{language}.txt"
            said |= {"result page": live.read_text(encoding="utf-8")} if live.is_file() else {}
            wrong += compared(name, result, language, said)
    return wrong


def compared(name: str, result: Result, language: str, said: dict[str, str]) -> int:
    """Print the line of the verdict that each surface says first; how many say another one than they should."""
    verdict = verdict_of(result, load_messages(language))
    calm = verdict.grade in (Grade.OPEN, Grade.CALM, Grade.NOTE)
    print(f"\n{name} ({language}): {verdict.title}")
    wrong = 0
    for surface, text in said.items():
        expected = NO_LINE if calm and surface in OF_SEVERAL else verdict.title
        lines = {line: place for line in verdict.lines if (place := flat(text).find(flat(line))) >= 0}
        first = min(lines, key=lambda line: lines[line], default=NO_LINE)
        wrong += first != expected
        print(f"  {surface:<17} {'as it should' if first == expected else 'ANOTHER LINE'}: {first[:100]}")
    return wrong


NO_LINE = "(nothing that stands before a change)"
OF_SEVERAL = {"course page", "course.pdf", "comparison", "sessions compare"}
"""What shows several sessions begins with the latest one only where that is grave."""


def flat(text: str) -> str:
    """Without line breaks, hyphens of them, and box drawing."""
    return re.sub(r"\s+", " ", text).strip()


def in_the_terminal(seen: Seen) -> Iterator[tuple[str, str]]:
    """Tables for people who work there."""
    options = ("--store", seen.store, "--lang", seen.language)
    os.environ["COLUMNS"] = "400"
    yield "sessions show", neckrom("sessions", "show", seen.second, *options)
    yield "sessions list", neckrom("sessions", "list", seen.person, *options).partition(seen.first)[0]
    yield "people show", neckrom("people", "show", seen.person, *options)
    yield "sessions compare", neckrom("sessions", "compare", seen.first, seen.second, *options)


def on_paper(seen: Seen) -> dict[str, str]:
    """Report, sheet and course as PDF, and FHIR."""
    out = seen.folder / f"files.{seen.language}"
    shutil.rmtree(out, ignore_errors=True)
    options = ("--store", seen.store, "--out", out, "--lang", seen.language)
    neckrom("report", seen.second, *options)
    neckrom("report", seen.second, *options, "--sheet")
    neckrom("report", seen.person, *options)
    neckrom("export", seen.second, "--format", "fhir", *options[:4])
    said = {"FHIR": fhir_words(next(out.glob("*.json")))} if seen.language == "en" else {}
    for name, path in (
        ("report.pdf", out / f"{seen.second}.pdf"),
        ("sheet.pdf", out / f"{seen.second}_sheet.pdf"),
        ("course.pdf", out / f"{seen.person}_course.pdf"),
    ):
        said[name] = subprocess.run(
            ["pdftotext", path, "-"], capture_output=True, text=True, check=True
        ).stdout
        drawn = seen.folder / f"{name}.{seen.language}"
        subprocess.run(["pdftoppm", "-r", "70", "-png", path, drawn], check=True)
    return said


def fhir_words(path: Path) -> str:
    """Everything that a FHIR bundle says to people, the report's conclusion first."""
    bundle = json.loads(path.read_text(encoding="utf-8"))
    entries = [entry["resource"] for entry in bundle["entry"]]
    told = [item.get("conclusion", "") for item in entries if item["resourceType"] == "DiagnosticReport"]
    return "\n".join([*told, json.dumps(bundle, ensure_ascii=False)])


def on_pages(seen: Seen, browser: Browser) -> dict[str, str]:
    """The pages of the records, and what they hand out."""
    said = {}
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    session, language = f"/sessions/{seen.second}", f"?lang={seen.language}"
    with running("open", "--no-browser", "--store", seen.store, "--lang", seen.language) as address:
        page.goto(address)
        home = page.url.rpartition("/people")[0]
        for name, path in (
            ("session page", session),
            ("course", f"/people/{seen.person}"),
            ("comparison", f"/compare?one={seen.first}&other={seen.second}"),
            ("screen", f"/people/{seen.person}/screen"),
            ("sheet", f"{session}/sheet.html{language}"),
            ("report", f"{session}/report.html{language}"),
            ("course page", f"/people/{seen.person}/course.html{language}"),
        ):
            page.goto(home + path)
            for size, viewport in (("", WIDE), (".phone", PHONE)):
                page.set_viewport_size(viewport)
                keep(page, seen.folder, f"{name.replace(' ', '_')}{size}.{seen.language}")
            if name != "screen":
                said[name] = unescape(page.inner_text("body"))
        page.goto(f"{home}/people/{seen.person}/screen")
        screened(page, seen)
    context.close()
    return said


def screened(page: Page, seen: Seen) -> None:
    """Answer "no" to everything in the neck screen and look at what it says."""
    for _ in range(3):
        for choice in page.locator("input[type=radio][value=no]").all():
            if choice.is_visible():
                choice.check()
        page.locator("form[method=post] button.main-button").last.click()
        page.wait_for_load_state()
        if "/screens/" in page.url:
            break
    keep(page, seen.folder, f"screen_said.{seen.language}")


def keep(page: Page, folder: Path, name: str, *, whole: bool = True) -> None:
    """A picture of the page as it stands."""
    page.screenshot(path=folder / f"{name}.png", full_page=whole)


if __name__ == "__main__":
    sys.exit(main())
