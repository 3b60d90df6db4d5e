"""Values of the command line, checked all at once before anything runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from neckrom.errors import ConfigurationError, OptionValueError
from neckrom.messages import LANGUAGES

if TYPE_CHECKING:
    from neckrom.cluster.options import Cluster

NERVE_TESTS: tuple[Literal["slr", "slump", "arms"], ...] = ("slr", "slump", "arms")
UPPER_BACK = "upper_back"
_MOST_PIXELS = 100_000


class UsageProblemError(OptionValueError):
    """Values of the command line are wrong."""


@dataclass(slots=True)
class OptionReader:
    """Reads values and collects what is wrong with them.

    Attributes
    ----------
    problems : list of str
        One for each mistake, naming the option and the way out.
    """

    problems: list[str] = field(default_factory=list)

    def number(
        self, option: str, text: str | None, low: float, high: float, unit: str, *, example: str = "60"
    ) -> float | None:
        """A number from one limit to the other; None stays None."""
        if text is None:
            return None
        value = _number(text)
        if not low <= value <= high:
            self.problems.append(
                f"{option} {text}: give a number of {unit} from {low:g} to {high:g}, as in {option} {example}"
            )
            return None
        return value

    def nerve_test(self, protocol: Path | None) -> Literal["slr", "slump", "arms"] | None:
        """The nerve tension test that ``--protocol`` names; None where it is a file's name, or nothing."""
        return next((test for test in NERVE_TESTS if protocol == Path(test)), None)

    def upper_back(self, protocol: Path | None) -> bool:
        """Whether ``--protocol`` asks for turns of the trunk."""
        return protocol == Path(UPPER_BACK)

    def neck_only(self, test: str, given: Mapping[str, bool]) -> None:
        """Refuse options that mean nothing for a nerve tension test or the upper back."""
        wrong = [option for option, used in given.items() if used]
        if wrong:
            self.problems.append(f"{', '.join(wrong)}: not for --protocol {test}; leave out")

    def overlay_is_a_picture(self, *, overlay: bool, no_pictures: bool) -> None:
        """Refuse to write the clip with the person in it where no picture of the person may be written."""
        if overlay and no_pictures:
            self.problems.append(
                "--overlay and --no-pictures: the overlay shows the person; leave one of them out"
            )

    def count(self, option: str, text: str | None, default: int) -> int:
        """A whole number from 1."""
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or int(text) < 1:
            self.problems.append(f"{option} {text}: give a whole number from 1, as in {option} 2")
            return default
        return int(text)

    def whole(self, option: str, text: str | None, low: int, high: int) -> int | None:
        """A whole number from one limit to the other; None stays None."""
        if text is None:
            return None
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            self.problems.append(
                f"{option} {text}: give a whole number from {low} to {high}, as in {option} {max(low, 2)}"
            )
            return None
        return int(text)

    def quarter_turn(self, option: str, text: str | None) -> int | None:
        """Degrees clockwise, a multiple of 90 below 360; None stays None."""
        if text is None:
            return None
        if text not in ("0", "90", "180", "270"):
            self.problems.append(
                f"{option} {text}: give 0, 90, 180 or 270 (degrees clockwise), as in {option} 90"
            )
            return None
        return int(text)

    def stretch(self, option: str, texts: Sequence[str] | None) -> tuple[float, float] | None:
        """Two moments in seconds, the second later."""
        if texts is None:
            return None
        start, end = (_number(text) for text in texts)
        if not 0 <= start < end < math.inf:
            self.problems.append(
                f"{option} {' '.join(texts)}: give start and end in seconds from the clip's start, "
                f"the end later, as in {option} 0.5 2"
            )
            return None
        return start, end

    def point(self, option: str, texts: Sequence[str] | None) -> tuple[float, float] | None:
        """A place in a picture, in pixels from its upper left corner; None stays None."""
        if texts is None:
            return None
        x, y = (_number(text) for text in texts)
        if not (0 <= x < _MOST_PIXELS and 0 <= y < _MOST_PIXELS):
            self.problems.append(
                f"{option} {' '.join(texts)}: give x and y in pixels from the upper left corner of the upright "
                f"picture, as in {option} 512 230"
            )
            return None
        return x, y

    def cluster(
        self,
        address: str | None,
        *,
        files: str,
        memory: str | None,
        wait: str | None,
        tls: tuple[Path | None, Path | None, Path | None],
        jobs: str | None,
    ) -> Cluster | None:
        """Which cluster measures; None for none."""
        given = {
            "--cluster-files": files != "auto",
            "--cluster-memory": memory is not None,
            "--cluster-wait": wait is not None,
            "--tls-ca": tls[0] is not None,
            "--tls-cert": tls[1] is not None,
            "--tls-key": tls[2] is not None,
        }
        if address is None:
            alone = [option for option, used in given.items() if used]
            if alone:
                self.problems.append(
                    f"{', '.join(alone)}: only with --cluster; leave out, or say which cluster"
                )
            return None
        if jobs is not None:
            self.problems.append(
                "--cluster and --jobs: the cluster's workers say how many at once; leave one out"
            )
        from neckrom.cluster.options import FILES, MEMORY_GB, WAIT_S, Cluster  # noqa: PLC0415

        memory_gb = self.number("--cluster-memory", memory, 0.1, 10_000, "gigabytes", example="4")
        wait_s = self.number("--cluster-wait", wait, 0, 7 * 86_400, "seconds", example="600")
        if files not in FILES:
            self.problems.append(f"--cluster-files {files}: choose one of {', '.join(FILES)}")
            return None
        try:
            return Cluster(
                address,
                files=files,
                memory_gb=MEMORY_GB if memory_gb is None else memory_gb,
                wait_s=WAIT_S if wait_s is None else wait_s,
                tls_ca=tls[0],
                tls_cert=tls[1],
                tls_key=tls[2],
            )
        except ConfigurationError as error:
            self.problems += error.problems
            return None

    def language(self, option: str, text: str) -> str:
        """One of the languages that there are texts in."""
        if text not in LANGUAGES:
            self.problems.append(f"{option} {text}: choose one of {', '.join(LANGUAGES)}, as in {option} de")
        return text

    def finish(self) -> None:
        """Raise if anything was wrong.

        Raises
        ------
        UsageProblemError
            Naming every mistake.
        """
        if self.problems:
            raise UsageProblemError("These options cannot be used:", tuple(self.problems))


def _number(text: str) -> float:
    """The number that a text stands for; NaN for none, which no limit lets pass."""
    try:
        return float(text)
    except ValueError:
        return math.nan
