"""Settings: what stands at the head of every report, and the usual language. One file of the user's own data."""

from __future__ import annotations

import io
import tomllib
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

from platformdirs import user_data_path

from neckrom.errors import ConfigurationError, InputError, OptionValueError, OutputError
from neckrom.messages import FALLBACK, LANGUAGES
from neckrom.private_files import read_plain, whole_file
from neckrom.report.letterhead import Letterhead
from neckrom.site_file import SiteFile, read_site

SETTINGS, LOGO, SITE = "settings.toml", "logo.png", "site.json"
MAX_LOGO_BYTES = 5_000_000
_MAX_TEXT = 300
_MAX_PIXELS = 40_000_000
_LOGO_SIZE = (900, 450)


@dataclass(frozen=True, slots=True)
class Clinic:
    """Settings of whoever measures; everything may be empty.

    Attributes
    ----------
    clinic, address, examiner : str
    logo : bytes
        PNG, made small; empty for none.
    language : str
        In which commands and pages speak unless another one is asked for; empty for English.
    site : SiteFile or None
        What a study of this place measured; taken in and out by :func:`save_site` alone.
    """

    clinic: str = ""
    address: str = ""
    examiner: str = ""
    logo: bytes = b""
    language: str = ""
    site: SiteFile | None = None

    def letterhead(self) -> Letterhead:
        """For reports; who was measured is added there."""
        return Letterhead(
            examiner=self.examiner,
            clinic=self.clinic,
            address=self.address,
            logo=self.logo,
            site=self.site,
        )


@dataclass(frozen=True, slots=True)
class SiteState:
    """The site file of the settings.

    Attributes
    ----------
    site : SiteFile or None
    damaged : bool
        There is a file, and it cannot be used.
    """

    site: SiteFile | None = None
    damaged: bool = False


def load_site(folder: Path | None = None) -> SiteState:
    """What a study of this place measured, where its file was taken into the settings."""
    try:
        return SiteState(read_site((folder or settings_folder()) / SITE))
    except FileNotFoundError:
        return SiteState()
    except ConfigurationError:
        return SiteState(damaged=True)


def save_site(source: Path | None, folder: Path | None = None) -> SiteFile | None:
    """Take a site file into the settings; None takes it out again.

    Raises
    ------
    InputError
        If there is no such file, or it comes from a simulated study.
    ConfigurationError
        If it is none, or was changed.
    OutputError
        If the settings cannot be written.
    """
    place = (folder or settings_folder()) / SITE
    try:
        if source is None:
            place.unlink(missing_ok=True)
            return None
        site = read_site(source.resolve())
        if site.simulated:
            raise InputError(
                f"{source} comes from a simulated study: nobody was measured, so it is worth nothing here."
            )
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with whole_file(place, replace=True) as file:
            file.write((site.model_dump_json(indent=1) + "\n").encode())
    except FileNotFoundError as error:
        raise InputError(
            f"There is no file {source}: write one with neckrom study analyse DIR --site FILE."
        ) from error
    except OSError as error:
        raise OutputError(
            f"The settings cannot be written in {place.parent}: {error.strerror or error}. Mend its permissions."
        ) from error
    return site


def settings_folder() -> Path:
    """Where the settings are."""
    return user_data_path("neckrom", appauthor=False)


def load_clinic(folder: Path | None = None) -> Clinic:
    """Read the settings; empty where there are none.

    Raises
    ------
    ConfigurationError
        If the file is damaged.
    """
    place = folder or settings_folder()
    try:
        content = tomllib.loads(read_plain(place / SETTINGS, 100_000).decode("utf-8"))
    except FileNotFoundError:
        content = {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(
            f"The settings {place / SETTINGS} cannot be read ({error}). Mend them, or delete the file."
        ) from error
    texts = {name: str(content.get(name, ""))[:_MAX_TEXT] for name in ("clinic", "address", "examiner")}
    try:
        logo = read_plain(place / LOGO, MAX_LOGO_BYTES)
    except OSError:
        logo = b""
    language = str(content.get("language", ""))
    site = load_site(place).site
    return Clinic(**texts, logo=logo, language=language if language in LANGUAGES else "", site=site)


def usual_language(folder: Path | None = None) -> str:
    """The language of the settings; English without one, and where the settings are damaged.

    Reports, which need the rest of the settings, say that they are; nobody is kept from the records by them.
    """
    try:
        return load_clinic(folder).language or FALLBACK
    except ConfigurationError:
        return FALLBACK


def save_clinic(clinic: Clinic, folder: Path | None = None) -> None:
    """Write the settings, readable by their owner alone.

    Raises
    ------
    ConfigurationError
        If a text is too long.
    OutputError
        If the file cannot be written.
    """
    place = folder or settings_folder()
    lines = []
    for name in ("clinic", "address", "examiner"):
        text = getattr(clinic, name)
        if len(text) > _MAX_TEXT:
            raise OptionValueError(
                f"The {name} has {len(text)} characters: at most {_MAX_TEXT} fit at the head of a report."
            ).page_says("head_long", most=_MAX_TEXT)
        lines.append(f"{name} = {_quoted(text)}\n")
    if clinic.language and clinic.language not in LANGUAGES:
        raise OptionValueError(
            f"No texts in the language {clinic.language!r}: choose one of {', '.join(LANGUAGES)}."
        )
    lines.append(f"language = {_quoted(clinic.language)}\n")
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        with whole_file(place / SETTINGS, replace=True) as file:
            file.write("".join(lines).encode("utf-8"))
        if clinic.logo:
            with whole_file(place / LOGO, replace=True) as file:
                file.write(clinic.logo)
        else:
            (place / LOGO).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"The settings cannot be written in {place}: {error.strerror or error}. Mend its permissions."
        ).page_says("not_kept") from error


def with_logo(clinic: Clinic, data: bytes) -> Clinic:
    """The settings with another logo, made small and without anything but its picture.

    Raises
    ------
    InputError
        If it is no picture, or too large.
    """
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415  (most commands need no picture)

    if len(data) > MAX_LOGO_BYTES:
        raise InputError(
            f"The logo is {len(data) / 1e6:.0f} MB large: give a PNG or JPEG of at most "
            f"{MAX_LOGO_BYTES / 1e6:.0f} MB."
        ).page_says("logo_large", most=round(MAX_LOGO_BYTES / 1e6))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]) as opened:
                if opened.width * opened.height > _MAX_PIXELS:
                    raise InputError("The logo has too many pixels: give a smaller picture.").page_says(
                        "logo_large", most=round(MAX_LOGO_BYTES / 1e6)
                    )
                small = opened.convert("RGBA")
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise InputError("The logo is no picture that can be read: give a PNG or a JPEG.").page_says(
            "logo_none"
        ) from error
    small.thumbnail(_LOGO_SIZE)
    on_white = Image.new("RGB", small.size, (255, 255, 255))
    on_white.paste(small, mask=small.getchannel("A"))
    buffer = io.BytesIO()
    on_white.save(buffer, format="PNG", optimize=True)
    return replace(clinic, logo=buffer.getvalue())


def _quoted(text: str) -> str:
    """A text as TOML has it."""
    escaped = "".join(
        f"\\u{ord(char):04x}" if ord(char) < 32 or char in '"\\' or ord(char) == 127 else char
        for char in text
    )
    return f'"{escaped}"'
