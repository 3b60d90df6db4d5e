"""What a landmark file says of itself, as JSON, and reading it without trusting it.

Fields that are as in every ordinary recording (not turned, one track, no cut) are left out, so that files of
ordinary recordings are what they always were.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from neckrom.types import CAPTURE_RATES, FOCAL_LENGTHS_MM, DetectorIdentity, Notice, SourceInfo

_MOST_SAID = 3
"""Problems that a message names."""
_LARGEST_TIME_NS = 2**63 - 1
"""Of 64 bits with a sign."""


@dataclass(frozen=True, slots=True)
class LandmarkHeader:
    """What is known of the landmarks beside their numbers.

    Attributes
    ----------
    source : SourceInfo
        The clip that the models saw.
    detector : DetectorIdentity
    frames : int
    warnings : tuple of str
        What there is to say about the clip: cut short, frame rate, size, several people, long losses. Those
        that know which sentence they are (:class:`~neckrom.types.Notice`) know it again when they are read.
    cuts_ns : tuple of int
        Times of the first frames after which the recording shows something else (a cut, another person).
    """

    source: SourceInfo
    detector: DetectorIdentity
    frames: int
    warnings: tuple[str, ...]
    cuts_ns: tuple[int, ...] = ()


class HeaderError(ValueError):
    """What is stored is no header; the message says why."""


def header_to_json(header: LandmarkHeader, version: int) -> str:
    """The header as it stands in a file.

    Parameters
    ----------
    header : LandmarkHeader
    version : int
        Of the file's format.

    Returns
    -------
    str
        JSON, keys in alphabetical order.
    """
    content: dict[str, Any] = {
        "format_version": version,
        **asdict(header),
        "source": source_fields(header.source),
    }
    if not header.cuts_ns:
        del content["cuts_ns"]
    notices = [
        {"key": text.key, "values": text.values} if isinstance(text, Notice) else None
        for text in header.warnings
    ]
    if any(notices):
        content["notices"] = notices
    return json.dumps(content, sort_keys=True)


def source_fields(source: SourceInfo) -> dict[str, Any]:
    """A source as JSON holds it.

    Parameters
    ----------
    source : SourceInfo

    Returns
    -------
    dict
        Without the fields that are as in every ordinary recording.
    """
    content = asdict(source)
    if not source.turned_deg:
        del content["turned_deg"]
    if source.track is None:
        del content["track"]
    if source.focal_35mm_mm is None:
        del content["focal_35mm_mm"]
    if source.capture_fps is None:
        del content["capture_fps"]
    return content


def header_from_json(stored: bytes) -> tuple[int, LandmarkHeader]:
    """Version of the format, and the header.

    Parameters
    ----------
    stored : bytes
        From a file that nobody vouches for.

    Returns
    -------
    version : int
    header : LandmarkHeader

    Raises
    ------
    HeaderError
        It is no JSON, a field is missing or of another type, or holds what no recording has.
    """
    content = _checked(_StoredHeader, stored)
    header = LandmarkHeader(
        source=SourceInfo(**dict(content.source)),
        detector=DetectorIdentity(**dict(content.detector)),
        frames=content.frames,
        warnings=_with_keys(content.warnings, content.notices),
        cuts_ns=content.cuts_ns,
    )
    return content.format_version, header


def _with_keys(texts: tuple[str, ...], notices: tuple[_StoredNotice | None, ...]) -> tuple[str, ...]:
    known = (*notices, *(None for _ in texts))
    return tuple(
        text if notice is None else Notice(text, notice.key, **notice.values)
        for text, notice in zip(texts, known, strict=False)
    )


def version_from_json(stored: bytes) -> int:
    """Version of the format alone: a later one may have other fields.

    Parameters
    ----------
    stored : bytes

    Returns
    -------
    int

    Raises
    ------
    HeaderError
    """
    return _checked(_StoredVersion, stored).format_version


def stream_header_from_json(stored: bytes) -> tuple[SourceInfo, DetectorIdentity]:
    """Source and detector of a session's stream.

    Parameters
    ----------
    stored : bytes
        From a file that nobody vouches for.

    Returns
    -------
    source : SourceInfo
    detector : DetectorIdentity

    Raises
    ------
    HeaderError
    """
    content = _checked(_StoredStream, stored)
    return SourceInfo(**dict(content.source)), DetectorIdentity(**dict(content.detector))


# --------------------------------------------------------------------- reading


def _without_controls(text: str) -> str:
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise ValueError("holds control characters")
    return text


_Text = Annotated[str, Field(max_length=4000), AfterValidator(_without_controls)]
_Pixels = Annotated[int, Field(ge=0, le=65_535)]
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
_Number = Annotated[int | float, Field(ge=-1e15, le=1e15)]
_Time = Annotated[int, Field(ge=-_LARGEST_TIME_NS, le=_LARGEST_TIME_NS)]


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class _StoredVersion(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    format_version: Annotated[int, Field(ge=0, le=10**6)]


class _StoredSource(_Stored):
    name: _Text
    kind: Literal["clip", "images", "landmarks"]
    sha256: _Text
    width: _Pixels
    height: _Pixels
    source_width: _Pixels
    source_height: _Pixels
    expected_frames: Annotated[int, Field(ge=0, le=2**53)] | None
    nominal_fps: Annotated[float, Field(ge=0, le=1e9)] | None
    turned_deg: Literal[0, 90, 180, 270] = 0
    track: Annotated[int, Field(ge=0, le=1000)] | None = None
    focal_35mm_mm: Annotated[float, Field(ge=FOCAL_LENGTHS_MM[0], le=FOCAL_LENGTHS_MM[1])] | None = None
    capture_fps: Annotated[float, Field(ge=CAPTURE_RATES[0], le=CAPTURE_RATES[1])] | None = None


class _StoredDetector(_Stored):
    name: _Text
    version: _Text
    model_sha256: _Text
    settings: _Text


class _StoredNotice(_Stored):
    key: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,60}$")]
    values: Annotated[dict[_Name, _Number | _Text], Field(max_length=20)]


class _StoredHeader(_Stored):
    format_version: int
    source: _StoredSource
    detector: _StoredDetector
    frames: Annotated[int, Field(ge=0, le=2**53)]
    warnings: Annotated[tuple[_Text, ...], Field(max_length=1000)]
    cuts_ns: Annotated[tuple[_Time, ...], Field(max_length=1000)] = ()
    notices: Annotated[tuple[_StoredNotice | None, ...], Field(max_length=1000)] = ()


class _StoredStream(_Stored):
    version: Literal[1] = 1
    source: _StoredSource
    detector: _StoredDetector


ModelT = TypeVar("ModelT", bound=BaseModel)


def _checked(model: type[ModelT], stored: bytes) -> ModelT:
    try:
        return model.model_validate_json(stored)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        said = [f"{'.'.join(map(str, item['loc'])) or 'JSON'}: {item['msg']}" for item in found[:_MOST_SAID]]
        more = [f"and {len(found) - _MOST_SAID} more"] if len(found) > _MOST_SAID else []
        raise HeaderError("; ".join([*said, *more])[:400]) from error
