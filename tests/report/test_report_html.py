from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from neckrom.report import write_report
from tests.report.conftest import case_of
from tests.report.report_cases import CASES, HOSTILE

VOID = {"meta", "img", "col", "br", "link", "input", "hr", "path", "use", "rect"}


class Page(HTMLParser):
    """Everything that a test wants to know of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.problems: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data):
        if "style" not in self.open[-1:]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@cache
def page_in(folder: Path) -> Page:
    """Read once; it takes as long as the tests that look at it."""
    return Page((folder / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(params=list(CASES))
def page(request, written) -> Page:
    return page_in(written(request.param))


def test_pages_are_whole_and_need_nothing_else(page):
    assert page.problems == []
    assert page.open == []
    for tag, attributes in page.elements:
        assert tag not in {"script", "link", "iframe", "object", "embed", "base", "form"}
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in {"src", "href", "xlink:href", "srcset", "action", "data", "poster", "background"}:
                assert (value or "").startswith(("data:", "#")), (tag, name, value)
            for target in re.findall(r"url\(([^)]*)\)", value or ""):
                assert target.startswith("#"), target
    policy = next(item for item in page.all("meta") if item.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"].startswith("default-src 'none'")


def test_references_inside_the_page_arrive(page):
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        targets = re.findall(r"url\(#([^)]*)\)", " ".join(value or "" for value in attributes.values()))
        targets += [value[1:] for name, value in attributes.items() if name == "href" and value]
        targets += [attributes["aria-labelledby"]] if attributes.get("aria-labelledby") else []
        assert set(targets) <= set(ids)


def test_pages_can_be_read_by_ear(page):
    assert page.all("html")[0]["lang"] == "en"
    assert all(item["alt"] for item in page.all("img"))
    figures = page.all("svg")
    assert len(figures) == 6
    assert all(item["role"] == "img" and len(item["aria-label"]) > 80 for item in figures)
    headings = [tag for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == "h1"
    assert set(headings[1:]) == {"h2"}
    assert {item["scope"] for item in page.all("th")} == {"col", "row"}
    assert len(page.all("caption")) == len(page.all("table"))


@pytest.mark.parametrize("name", CASES)
def test_pages_hold_the_result_in_the_promised_order(name, written):
    page = page_in(written(name))
    result = case_of(name).result
    places = [
        page.text.index(words)
        for words in (
            "Neck range of motion",
            "A measurement, not a diagnosis.",
            "The six movements",
            "At the end of range",
            "What to do next",
            "Range of motion against the reference",
            "Reasons, pain and trunk movement",
            "Left against right",
            "Angles over time",
            "Trials",
            "Quality of the measurement",
            "Method and sources",
            "What this is, and what it is not",
        )
    ]
    assert places == sorted(places)
    for words in (
        result.tool.version,
        result.tool.calibration_id,
        result.clip.sha256,
        result.tool.model_sha256,
        result.norms.sha256,
        result.norms.citation.split(";")[0],
        result.statement,
        *(warning.replace(" deg", "°") for warning in result.quality.warnings),
    ):
        assert words in page.text
    if name == "lower_bounds":
        assert "at least 68°" in page.text
    if name == "close_call":
        assert "Stopped half-way and turned back" in page.text
        assert "? could not be judged" in page.text


def test_pictures_are_there_only_when_given(written):
    with_pictures = page_in(written("deficit"))
    assert len(with_pictures.all("img")) == 6
    without = page_in(written("healthy"))
    assert without.all("img") == []
    assert without.all("image") == []
    assert "There are no pictures of the person in this report." in without.text
    replayed = page_in(written("rotation_only"))
    assert "made from recorded landmarks" in replayed.text


def test_figures_are_sound_xml(written):
    text = (written("lower_bounds") / "report.html").read_text(encoding="utf-8")
    drawings = re.findall(r"<svg .*?</svg>", text, flags=re.DOTALL)
    assert len(drawings) == 6
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert len(list(root.iter("path"))) > 20
        assert "NaN" not in drawing
        assert "nan" not in re.sub(r'aria-label="[^"]*"', "", drawing)


def test_the_same_result_gives_the_same_bytes(tmp_path, written, end_range_pictures):
    case = case_of("deficit")
    files = write_report(tmp_path, case.result, case.angles, case.rom, end_range_pictures)
    assert [file.name for file in files] == ["report.html", "report.pdf"]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    for file in files:
        assert file.read_bytes() == (written("deficit") / file.name).read_bytes()


@pytest.mark.parametrize("name", HOSTILE)
def test_names_from_files_stay_text(name, written_as):
    text = (written_as(name) / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.problems == []
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "img"})
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\x00-\x08\x1b]", text)
    assert "49" not in page.text[: page.text.index("Measured on")]
    assert len(page.text) < 24_000
