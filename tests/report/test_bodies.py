"""Reports, pictures, tables and overlay of runs and postures."""

from __future__ import annotations

import html
import io
import re

import av
import numpy as np
import pytest
from PIL import Image

from neckrom.errors import InputError
from neckrom.messages import LANGUAGES, load_messages
from neckrom.records.stored_report import first_active
from neckrom.report.bodies.overlay import write_run_overlay
from neckrom.report.bodies.page import body_html
from neckrom.report.bodies.paper import body_pdf
from neckrom.report.bodies.pictures import posture_pictures, row_pictures
from neckrom.report.bodies.posture_content import posture_content
from neckrom.report.bodies.run_content import run_content
from neckrom.report.bodies.tables import read_curves, write_run_tables
from neckrom.running.result import ROWS
from tests.report.body_cases import (
    body_series,
    curves_of,
    frame_at,
    frames_of,
    posture_result,
    run_result,
)


@pytest.fixture(scope="module")
def pictures():
    result = run_result()
    return row_pictures(result, frames_of(result), {0: body_series(), 1: body_series("back")})


def test_each_row_has_its_picture_with_something_drawn_in(pictures):
    assert tuple(pictures) == ROWS
    for picture in pictures.values():
        assert picture.image.shape == (640, 640, 3)
        assert (np.ptp(picture.image.astype(int), axis=2) > 60).sum() > 500  # colours on a grey scene


def test_a_moment_without_the_person_gives_no_picture():
    result = run_result(back=False)
    series = body_series()
    series.pose[:] = np.nan
    assert row_pictures(result, frames_of(result), {0: series}) == {}


def test_a_mirrored_clip_is_shown_as_the_landmarks_stand():
    result = run_result(back=False)
    recording = result.clips[0].model_copy(
        update={"clip": result.clips[0].clip.model_copy(update={"mirrored": True})}
    )
    mirrored = result.model_copy(update={"clips": (recording, *result.clips[1:])})
    frame = frame_at(4.0)
    frame.image[:, :20] = (255, 0, 0)
    frames = {"head_forward": frame}
    plain = row_pictures(result, frames, {0: body_series()})["head_forward"]
    turned = row_pictures(mirrored, frames, {0: body_series()})["head_forward"]
    assert plain.jpeg() == turned.jpeg()  # the middle of the scene is the same, and so are the lines


def test_page_and_paper_of_a_run_can_be_handed_out(pictures):
    result = run_result()
    content = run_content(result, [curves_of(result), curves_of(result, 1)], pictures)
    page = body_html(content)
    assert first_active(page.encode()) is None
    assert page.count("data:image/jpeg") == 4
    assert page.count("<svg") == 2
    paper = body_pdf(content)
    assert paper.startswith(b"%PDF")
    assert paper == body_pdf(content)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_is_told_in_every_language(language):
    texts = load_messages(language)
    page = body_html(run_content(run_result(), [], {}, texts))
    for name in ROWS:
        assert texts.text(f"run.row.{name}") in page
        assert html.escape(texts.text(f"run.against.{name}"), quote=True).replace("&#x27;", "&#39;") in page


def test_a_run_without_clip_says_why_there_are_no_pictures():
    content = run_content(run_result(), [], {})
    page = body_html(content)
    assert "No picture" in page
    assert "<svg" not in page


def test_names_from_outside_do_not_leave_their_place():
    result = run_result("<script>alert(1)</script>.mp4")
    assert "<script>" not in body_html(run_content(result, [], {}))


def test_page_of_a_posture_has_both_sides():
    result = posture_result()
    shown = posture_pictures(result, [frame_at(0.0), frame_at(0.0)])
    page = body_html(posture_content(result, shown))
    assert page.count("data:image/jpeg") == 2
    assert "Mahmoud 2019" in page
    assert body_pdf(posture_content(result, shown)).startswith(b"%PDF")
    assert Image.open(io.BytesIO(shown[0].jpeg())).size == (640, 640)


def test_curves_come_back_as_they_were_written(tmp_path):
    result = run_result()
    curves = [curves_of(result), curves_of(result, 1)]
    curves[0].columns["knee_left_deg"][5] = np.nan
    write_run_tables(tmp_path, result, curves)
    again = read_curves(tmp_path / "angles.csv")
    assert set(again.columns) == set(curves[0].columns)
    np.testing.assert_allclose(again.time_s, curves[0].time_s, atol=1e-6)
    np.testing.assert_allclose(again.columns["knee_left_deg"], curves[0].columns["knee_left_deg"], atol=1e-4)
    assert read_curves(tmp_path / "angles_back.csv", 1).clip == 1
    lines = (tmp_path / "steps.csv").read_text().splitlines()
    assert len(lines) == len(result.steps) + 1
    assert re.match(r"left,1,0\.3000,0\.5400,", lines[1])


@pytest.mark.parametrize(
    "content", ["", "time_s,nonsense\n0,1\n", "time_s,knee_left_deg\n0\n", "time_s\nx\n"]
)
def test_damaged_curves_are_refused(tmp_path, content):
    (tmp_path / "angles.csv").write_text(content)
    with pytest.raises(InputError, match=r"[Mm]easure"):
        read_curves(tmp_path / "angles.csv")


def test_the_overlay_rings_the_foot_on_the_ground(tmp_path):
    result = run_result(back=False)
    path = tmp_path / "overlay.mp4"
    frames = [frame_at(time_s) for time_s in (0.1, 0.4)]
    write_run_overlay(path, frames, body_series(), result, curves_of(result))
    with av.open(str(path)) as container:
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(shown) == 2
    bright = [int((picture[-50:, :200].min(axis=2) > 200).sum()) for picture in shown]
    assert bright[1] > 3 * bright[0]  # "left contact" stands where only a dash stood


def test_a_statement_that_asks_for_another_text_is_said_as_it_was_kept():
    result = run_result().model_copy(update={"statement_key": "run.earlier", "statement": "kept as it was"})
    assert run_content(result, [], {}).statement == "Kept as it was."
