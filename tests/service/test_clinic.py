"""What stands at the head of reports: kept, changed, and a logo that is none refused."""

from __future__ import annotations

import io
import stat

import pytest
from PIL import Image

from neckrom.errors import ConfigurationError, InputError
from neckrom.service.clinic import SETTINGS, Clinic, load_clinic, save_clinic, usual_language, with_logo


def picture(form: str, size: tuple[int, int] = (1600, 400)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (10, 90, 140)).save(buffer, format=form)
    return buffer.getvalue()


def test_settings_come_back_as_they_were_given(tmp_path):
    assert load_clinic(tmp_path) == Clinic()
    given = Clinic('Praxis "Am Park" \\ Söhne', "Parkweg 1\n8000 Zürich", "M. Huber")
    save_clinic(given, tmp_path)
    assert load_clinic(tmp_path) == given
    assert stat.S_IMODE((tmp_path / SETTINGS).stat().st_mode) == 0o600
    assert given.letterhead().place == 'Praxis "Am Park" \\ Söhne, Parkweg 1, 8000 Zürich'


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_logo_is_made_small_and_kept(tmp_path, form):
    changed = with_logo(Clinic(), picture(form))
    with Image.open(io.BytesIO(changed.logo)) as logo:
        assert logo.format == "PNG"
        assert logo.width <= 900
    save_clinic(changed, tmp_path)
    assert load_clinic(tmp_path).logo == changed.logo
    save_clinic(Clinic(), tmp_path)
    assert load_clinic(tmp_path).logo == b""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"no picture", "no picture", id="text"),
        pytest.param(b"", "no picture", id="empty"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "no picture", id="torn"),
        pytest.param(picture("GIF", (10, 10)), "no picture", id="gif"),
        pytest.param(b"\xff" * 50_000_000, "50 MB", id="50-MB"),
    ],
)
def test_a_logo_that_is_none_is_refused_with_the_way_out(data, said):
    with pytest.raises(InputError, match=said):
        with_logo(Clinic(), data)


def test_a_damaged_file_says_what_to_do(tmp_path):
    (tmp_path / SETTINGS).write_text("clinic = [")
    with pytest.raises(ConfigurationError, match="Mend them"):
        load_clinic(tmp_path)
    with pytest.raises(ConfigurationError, match="at most 300"):
        save_clinic(Clinic("x" * 301), tmp_path)


def test_the_usual_language_is_kept_and_one_without_texts_refused(tmp_path):
    assert usual_language(tmp_path) == "en"
    save_clinic(Clinic("Praxis", language="fr"), tmp_path)
    assert load_clinic(tmp_path) == Clinic("Praxis", language="fr")
    assert usual_language(tmp_path) == "fr"
    with pytest.raises(ConfigurationError, match="en, de, es, fr"):
        save_clinic(Clinic(language="xx"), tmp_path)
    (tmp_path / SETTINGS).write_text('language = "xx"')
    assert usual_language(tmp_path) == "en"
    (tmp_path / SETTINGS).write_text("language = [")
    assert usual_language(tmp_path) == "en"
