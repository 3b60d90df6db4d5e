"""Measures the boxes of every screen of the live page, in every language, in windows of many sizes.

    python benchmarks/page_layout.py
    python benchmarks/page_layout.py --size "1280 at 400 %" --language de --pictures shots

Prints every fault, and at the end how many screens were measured: what overlaps, is cut off, lies outside the
window, cannot be pressed, and STOP that is not whole or not where it was.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from neckrom.messages import LANGUAGES
from tests.web.fed import SCREENS, SIZES, FedSession, faults, showing
from tests.web.serving import serving


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--size", action="append", choices=SIZES, help="all, if not given")
    parser.add_argument("--language", action="append", choices=LANGUAGES, help="all, if not given")
    parser.add_argument("--pictures", type=Path, help="folder for a picture of every screen")
    given = parser.parse_args()
    sizes, languages = given.size or list(SIZES), given.language or list(LANGUAGES)
    found: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for language in languages:
            session = FedSession()
            with serving(session, language) as served:
                page = browser.new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
                page.goto(served.access.address("/live"))
                page.wait_for_selector("body:not([data-phase=connecting])")
                for size in sizes:
                    wrong = [f"{language} | {fault}" for fault in faults(page, session, size)]
                    print("\n".join([*wrong, f"{language}, {size}: {len(wrong)} faults"]), flush=True)
                    found += wrong
                    if given.pictures is not None:
                        take_pictures(page, session, given.pictures / f"{language} {size}")
                page.close()
        browser.close()
    count = len(sizes) * len(languages) * len(SCREENS)
    print(
        f"{len(sizes)} sizes x {len(languages)} languages x {len(SCREENS)} screens = {count}: {len(found)} faults"
    )
    sys.exit(1 if found else 0)


def take_pictures(page: object, session: FedSession, folder: Path) -> None:
    """One file a screen."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SCREENS:
        with showing(page, session, name):
            page.screenshot(path=folder / f"{name.replace('?', '')}.png")  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
