from __future__ import annotations

import re

import pytest
from pypdf import PdfReader

from tests.report.conftest import case_of
from tests.report.report_cases import CASES, HOSTILE


def text_of(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


@pytest.mark.parametrize("name", CASES)
def test_pages_hold_every_number(name, written):
    reader = PdfReader(written(name) / "report.pdf")
    text = text_of(reader)
    result = case_of(name).result
    for item in result.movements:
        assert item.movement.label in text
        if item.best_deg is not None and not item.lower_bound:
            assert f"{item.best_deg:.0f}°" in text
        for trial in item.trials:
            assert f"{trial.peak_s:.1f}" in text
    assert result.clip.sha256 in text
    assert result.statement in text
    assert "not a diagnosis" in text
    assert f"1 of {len(reader.pages)}" in text
    assert f"{len(reader.pages)} of {len(reader.pages)}" in text
    assert 3 <= len(reader.pages) <= 4, "one page for everybody, at most three for clinicians"


def test_lower_bounds_and_gaps_are_said_in_words(written):
    assert "at least 68°" in text_of(PdfReader(written("lower_bounds") / "report.pdf")).replace(
        "least 68", "least 68"
    )
    text = text_of(PdfReader(written("rotation_only") / "report.pdf"))
    assert "not measured" in text
    assert "There are no pictures" in text


def test_pictures_are_there_only_when_given(written):
    figures = 3
    with_pictures = PdfReader(written("deficit") / "report.pdf")
    assert sum(len(page.images) for page in with_pictures.pages) == figures + 6
    without = PdfReader(written("healthy") / "report.pdf")
    assert sum(len(page.images) for page in without.pages) == figures


def test_figures_have_200_dots_an_inch(written):
    reader = PdfReader(written("healthy") / "report.pdf")
    images = [image.image for page in reader.pages for image in page.images]
    assert all(image.width >= 7.05 * 200 for image in images), "at the width of the page"


def test_properties(written):
    reader = PdfReader(written("deficit") / "report.pdf")
    assert reader.metadata.title == "Neck range of motion: chidi_deficit"
    assert reader.metadata.subject.startswith("Half or more of the norm is lost: Head back 25°")
    assert reader.trailer["/Root"]["/Lang"] == "en"


@pytest.mark.parametrize("name", HOSTILE)
def test_names_from_files_stay_text(name, written_as):
    reader = PdfReader(written_as(name) / "report.pdf")
    assert len(reader.pages) <= 5
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", text_of(reader))
    assert all("/Annots" not in page for page in reader.pages)
