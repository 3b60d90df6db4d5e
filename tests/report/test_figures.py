from __future__ import annotations

import io

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text
from PIL import Image

from neckrom.report import figures
from neckrom.report.plotting import own_style, png_of, svg_of
from tests.report.conftest import case_of
from tests.report.report_cases import repeated


def words_of(figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


@pytest.mark.parametrize("phone", [False, True])
@pytest.mark.parametrize("name", ["deficit_three_trials", "lower_bounds", "close_call", "rotation_only"])
def test_no_word_leaves_the_figure_and_none_is_small(name, phone):
    case = case_of(name)
    for make in (
        lambda: figures.rom_figure(case.result, phone=phone),
        lambda: figures.trace_figure(case.angles, case.rom, phone=phone),
    ):
        with own_style():
            figure = make()
            figure.canvas.draw()
            width, height = figure.canvas.get_width_height()
            texts = [item for item in figure.findobj(Text) if item.get_text() and item.get_visible()]
            for item in texts:
                box = item.get_window_extent()
                if box.width == 0 or not item.axes or item.get_text().endswith("°"):
                    continue
                assert box.x0 >= -1, item.get_text()
                assert box.x1 <= width + 1, item.get_text()
                assert box.y0 >= -1, item.get_text()
                assert box.y1 <= height + 1, item.get_text()
            assert min(item.get_fontsize() for item in texts) >= 11


def test_the_range_figure_says_bounds_gaps_and_losses_in_words():
    with own_style():
        bounds = words_of(figures.rom_figure(case_of("lower_bounds").result))
        assert "at least 68°" in bounds
        assert "at least 46 % of 60°: could not be judged" in bounds
        gaps = words_of(figures.rom_figure(case_of("rotation_only").result))
        assert gaps.count("not measured") == 4
        losses = words_of(figures.rom_figure(case_of("deficit").result))
        assert "41 % of 60°: half or more lost" in losses
        assert "half 22.5°" in losses
        assert "95 % interval" not in losses
        assert "95 % interval" in words_of(figures.rom_figure(case_of("healthy").result))


def test_flags_read_in_grey():
    """A raised bar differs from another without colour: it is striped."""
    data, _, _ = png_of(lambda: figures.rom_figure(case_of("deficit").result), dpi=100)
    grey = np.asarray(Image.open(io.BytesIO(data)).convert("L"), dtype=float)
    half = grey.shape[1] // 2
    row = grey[int(grey.shape[0] * 0.44)]
    left, right = row[half - 60 : half - 15], row[half + 15 : half + 60]
    assert left.std() > 20
    assert right.std() < 5


def test_user_settings_neither_change_the_figures_nor_are_changed():
    case = case_of("deficit")
    before = svg_of(lambda: figures.rom_figure(case.result), "a", "label")
    with mpl.rc_context({"font.size": 30.0, "axes.facecolor": "black", "font.family": ["serif"]}):
        inside = dict(mpl.rcParams)
        assert svg_of(lambda: figures.rom_figure(case.result), "a", "label") == before
        assert dict(mpl.rcParams) == inside


def test_traces_grey_what_was_not_measured_and_mark_each_hold():
    case = case_of("lower_bounds")
    with own_style():
        figure = figures.trace_figure(case.angles, case.rom)
        words = words_of(figure)
        assert "≥ 68°" in words
        lost = ~np.isfinite(case.angles.neck_deg[:, 2])
        panel = figure.axes[1]
        greyed = [patch for patch in panel.patches if patch.get_hatch()]
        inside = np.zeros(len(lost), dtype=bool)
        for patch in greyed:
            start, width = patch.get_x(), patch.get_width()
            inside |= (case.angles.time_s >= start) & (case.angles.time_s <= start + width)
    np.testing.assert_array_equal(inside, lost)


@given(
    st.lists(st.one_of(st.floats(-90, 90), st.just(float("nan"))), min_size=50, max_size=400),
    st.integers(20, 48),
)
def test_thinning_keeps_extremes_ends_and_gaps(values, most):
    series = np.array(values)
    time_s = np.arange(len(series)) / 30
    pick = figures._thinned(time_s, series, most)
    assert (np.diff(pick) > 0).all()
    assert pick[0] == 0
    assert pick[-1] == len(series) - 1
    if np.isfinite(series).any():
        assert np.nanmax(series[pick]) == np.nanmax(series)
        assert np.nanmin(series[pick]) == np.nanmin(series)
    if np.isnan(series).any():
        assert np.isnan(series[pick]).any()


def test_a_long_clip_does_not_make_a_large_figure():
    case = case_of("deficit")
    angles, rom = case.angles, case.rom
    copies = 20
    long = type(angles)(
        *(
            np.concatenate(
                [getattr(angles, name) + (30.2 * i if name == "time_s" else 0) for i in range(copies)]
            )
            if name in ("time_s", "neck_deg", "sd_deg", "trunk_deg", "quality")
            else np.concatenate([getattr(angles, name)] * copies)
            for name in ("time_s", "neck_deg", "sd_deg", "trunk_deg", "beyond", "source", "quality")
        )
    )
    assert len(svg_of(lambda: figures.trace_figure(long, rom), "a", "label")) < 400_000


def test_labels_of_trials_do_not_cover_each_other():
    angles, rom = repeated(
        case_of("deficit").angles,
        case_of("deficit").rom,
        (0.7, 0.75, 0.9, 1.0, 0.95, 0.9, 0.8, 0.6, 0.5, 0.4),
    )
    with own_style():
        for phone in (False, True):
            figure = figures.trace_figure(angles, rom, phone=phone)
            figure.canvas.draw()
            for panel in figure.axes:
                boxes = [text.get_window_extent() for text in panel.texts]
                assert len(boxes) >= 4
                assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
            assert {"75°", "35°", "40°", "18°"} <= set(words_of(figure)), "the best are always told"
