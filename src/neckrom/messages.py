"""Texts in the user's language, from the files in ``data/messages``.

One TOML file a language, one table an area (``[live]`` for what a session says, ``[page]`` for the
page around it, ``[report]``, ...), keys dotted: ``live.announce``. A text may hold parameters, each with
its type: ``"Trial {trial:int} of {trials:int}"``. The types:

``int``
    a whole number
``number``
    at most one decimal, with the language's own decimal sign
``deg``
    degrees, rounded to whole ones, with the sign
``bound``
    degrees that were reached at least: rounded down, with the sign
``percent``
    whole percent, never rounded across the 50 % line; without the sign
``text``
    any text, as it is
``word``
    the name of something that has a text itself, under ``word.<value>``: ``{movement:word}``
``words``
    several of them, as a list in a sentence
``key``
    another text, by its whole key
``keys``
    several of them, as a list in a sentence

How numbers are rounded stands in :mod:`neckrom.rounding`.

English is complete; a test holds the other languages to its keys and parameters. Should a text be
missing all the same, the English one stands in for it and :attr:`Messages.missing` says so.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from neckrom import rounding
from neckrom.errors import ConfigurationError, OptionValueError

LANGUAGES: tuple[str, ...] = ("en", "de", "es", "fr")
FALLBACK = "en"
PARAMETER_TYPES = frozenset(
    {"int", "number", "deg", "bound", "percent", "text", "word", "words", "key", "keys"}
)

_PARAMETER = re.compile(r"\{([^{}:]+):([^{}:]+)\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")

Value = str | int | float | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Messages:
    """All texts of one language.

    Attributes
    ----------
    language : str
    texts : mapping of str to str
        By dotted key; English where the language has none.
    missing : tuple of str
        Keys whose text is English because the language has none.
    """

    language: str
    texts: Mapping[str, str]
    missing: tuple[str, ...] = ()

    def text(self, key: str, **params: Value) -> str:
        """Put parameters into a text.

        Raises
        ------
        KeyError
            If there is no such text or a parameter is missing: a defect of ours, not of the user's.
        """
        return _PARAMETER.sub(
            lambda found: self._shown(params[found[1]], found[2]),
            self.texts[key],
        )

    @property
    def point(self) -> str:
        """The language's decimal sign."""
        return "." if self.language == "en" else ","

    def joined(self, parts: Sequence[str]) -> str:
        """Words as a list in a sentence: "a, b and c"."""
        if len(parts) < 2:
            return "".join(parts)
        return f"{', '.join(parts[:-1])} {self.texts['list.and']} {parts[-1]}"

    def _shown(self, value: Value, kind: str) -> str:
        if isinstance(value, tuple):
            before = "word." if kind == "words" else ""
            return self.joined([self.texts[f"{before}{name}"] for name in value])
        if kind == "word":
            return self.texts[f"word.{value}"]
        if kind == "key":
            return self.texts[str(value)]
        if kind == "text" or isinstance(value, str):
            return str(value)
        digits = {
            "number": lambda: rounding.number_digits(value, point=self.point),
            "percent": lambda: rounding.percent_digits(value, point=self.point),
            "deg": lambda: f"{rounding.angle_digits(value)}°",
            "bound": lambda: f"{rounding.angle_digits(value, bound=True)}°",
        }
        return digits.get(kind, lambda: rounding.whole_digits(value))()


@cache
def load_messages(language: str) -> Messages:
    """Read the texts of a language.

    Parameters
    ----------
    language : str
        One of :data:`LANGUAGES`.

    Raises
    ------
    ConfigurationError
        If there is no such language, or its file is damaged.
    """
    if language not in LANGUAGES:
        raise OptionValueError(
            f"There are no texts in {language!r}. Choose one of these languages: {', '.join(LANGUAGES)}."
        )
    english = read_texts(FALLBACK)
    own = english if language == FALLBACK else read_texts(language)
    missing = tuple(key for key in english if key not in own)
    texts = {key: own.get(key, text) for key, text in english.items()}
    return Messages(language, MappingProxyType(texts), missing)


def read_texts(language: str) -> dict[str, str]:
    """Texts of one file by dotted key, without any standing in.

    Raises
    ------
    ConfigurationError
        If the file cannot be read.
    """
    source = files("neckrom") / "data" / "messages" / f"{language}.toml"
    try:
        return dict(_flat(tomllib.loads(source.read_text(encoding="utf-8"))))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError) as error:
        raise ConfigurationError(
            f"The texts in {language!r} cannot be read ({error}). "
            "Install neckrom again: pip install --force-reinstall ."
        ) from error


def _flat(table: Mapping[str, object], before: str = "") -> list[tuple[str, str]]:
    entries: list[tuple[str, str]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            entries += _flat(value, f"{before}{name}.")
        elif isinstance(value, str):
            entries.append((before + name, value))
        else:
            raise TypeError(f"{before}{name} is not a text")
    return entries


def parameters(text: str) -> dict[str, str]:
    """Parameters of a text and their types."""
    return dict(_PARAMETER.findall(text))


def problems(language: str) -> list[str]:
    """Everything that is wrong with the texts of a language; empty if nothing is."""
    english, own = read_texts(FALLBACK), read_texts(language)
    found = [f"{key}: missing" for key in english if key not in own]
    found += [f"{key}: English has no such text" for key in own if key not in english]
    for key, text in own.items():
        left = _PARAMETER.sub("", text)
        if "{" in left or "}" in left:
            found.append(f"{key}: a brace that is no {{name:type}}: {text!r}")
        wrong = [
            f"{name}:{kind}"
            for name, kind in parameters(text).items()
            if not _NAME.fullmatch(name) or kind not in PARAMETER_TYPES
        ]
        found += [f"{key}: unknown parameter {{{each}}}" for each in wrong]
        if key in english and parameters(text) != parameters(english[key]):
            found.append(f"{key}: parameters {parameters(text)}, English has {parameters(english[key])}")
        if not text.strip() or text != text.strip():
            found.append(f"{key}: empty, or with blanks around it")
    return found
