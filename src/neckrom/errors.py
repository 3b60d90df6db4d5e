"""Errors that a user can act on.

Every message says what is wrong and what to do. The command line catches
:class:`NeckromError` once and prints it; anything else is a defect of ours.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class ExitCode(IntEnum):
    """Exit codes of the command line, documented in ``docs/cli.md``."""

    OK = 0
    PARTLY_FAILED = 1
    """Several inputs, at least one failed; the others are done."""
    USAGE = 2
    """The command line is wrong: an option, a value, or a name that nothing has."""
    BAD_INPUT = 3
    """The input cannot be measured: no such file, no face, no neutral, ..."""
    BAD_CONFIGURATION = 4
    """A norm, protocol, camera or landmark file has a mistake."""
    CANNOT_WRITE = 5
    """The results cannot be written: disk full, no permission, already there."""
    ENVIRONMENT = 6
    """Something is missing or broken on this machine: see ``neckrom doctor``."""
    NO_REPORT = 7
    """A session ended without a report: nothing was measured."""
    DEFECT = 70
    """Something failed that should not: a defect of neckrom itself."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C; nothing half-written is left."""


class NeckromError(Exception):
    """Base of all errors that the user can act on.

    Attributes
    ----------
    on_page : tuple of str and dict, or None
        Key and values with which the pages say the same in the reader's language, without commands; under
        ``pages.wrong`` in the message files. None where they have no words of their own for it.
    """

    exit_code: ExitCode = ExitCode.BAD_INPUT
    on_page: tuple[str, dict[str, str | float]] | None = None

    def page_says(self, key: str, **values: str | float) -> Self:
        """The error itself, with its words on a page."""
        self.on_page = (key, values)
        return self


class InputError(NeckromError):
    """The input cannot be read or measured."""


class NotAVideoError(InputError):
    """The file is there, but holds no moving picture."""


class NoFaceError(InputError):
    """No face in any frame."""


class WholeBodyError(NoFaceError):
    """A whole person who stands or runs was given to be measured for the neck."""


class NoBodyError(InputError):
    """No whole body in any frame."""


class NoNeutralError(InputError):
    """No still, near-frontal stretch that could serve as neutral."""


class NotARunError(InputError):
    """The clip shows a person who does something else than run: walks, stands, jumps, sits."""


class TooFewStepsError(InputError):
    """A run of too few steps to say anything of."""


class HiddenFeetError(InputError):
    """Feet lie outside the picture."""


class ObliqueViewError(InputError):
    """The camera looks neither from the side nor from behind or in front."""


class CalibrationError(InputError):
    """These pictures do not say what the camera is like.

    Parameters
    ----------
    problems : sequence of str
        Everything that is missing or wrong, each with the way out.
    """

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        self.problems = problems
        super().__init__("\n".join([message, *(f"  - {problem}" for problem in problems)]))


class ConfigurationError(NeckromError):
    """A file or option that configures the measurement is wrong.

    Parameters
    ----------
    problems : sequence of str
        Every problem found, each naming line or field and the way out.
    """

    exit_code = ExitCode.BAD_CONFIGURATION

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        self.problems = problems
        lines = [message, *(f"  - {problem}" for problem in problems)]
        super().__init__("\n".join(lines))


class OptionValueError(ConfigurationError):
    """What was given on the command line, or to a function, is wrong or names nothing; no file is at fault."""

    exit_code = ExitCode.USAGE


class LandmarkFileError(ConfigurationError):
    """``landmarks.parquet`` is damaged or of another version."""


class OutputError(NeckromError):
    """The results cannot be written."""

    exit_code = ExitCode.CANNOT_WRITE


class ReadOnlyStoreError(OutputError):
    """Records whose folder may not be written, or whose disk is full, were to be changed.

    Parameters
    ----------
    store : object
        Where they are.
    """

    def __init__(self, store: object) -> None:
        super().__init__(
            f"The records in {store} can be read, not changed: their folder may not be written, or their disk is full. "
            "Nothing was added, changed or deleted. Mend that, or copy the folder to a disk that can be written and "
            "name the copy: --store FOLDER."
        )
        self.page_says("read_only")


class EnvironmentProblemError(NeckromError):
    """A package, a library or a model is missing or broken."""

    exit_code = ExitCode.ENVIRONMENT


class FrameMismatchError(NeckromError):
    """Two series that must have the same frames do not."""


class DefectError(NeckromError):
    """One of several inputs failed in a way that nobody foresaw; the others go on.

    Parameters
    ----------
    error : Exception
        What was raised.
    """

    exit_code = ExitCode.DEFECT

    def __init__(self, error: Exception) -> None:
        said = " ".join(str(error).split())[:300]
        super().__init__(
            f"neckrom failed in a way that it should not: {type(error).__name__}: {said}\n"
            "Run the same command with -v to see where, and tell the place that you have neckrom from: add that "
            "output and what neckrom --version and neckrom doctor print. "
            "The clip itself need not leave your machine."
        )


class UnknownRecordError(InputError):
    """No such person or session, or several of that name."""


class StoreError(EnvironmentProblemError):
    """The store of people and sessions is damaged, newer than this neckrom, or cannot be reached."""


class StoreUnreachableError(StoreError):
    """The database server does not answer; what was measured is kept and written later."""


class ClusterError(EnvironmentProblemError):
    """The scheduler or the workers of a cluster cannot be reached, are lost, or run another version."""


class WorkersEndedError(EnvironmentProblemError):
    """Every worker that an input was given to has ended while it measured it.

    Parameters
    ----------
    times : int
        How often it was tried.
    memory_gb : float
        What one input is given.
    """

    def __init__(self, times: int, memory_gb: float) -> None:
        super().__init__(
            f"{times} workers in turn ended while they measured it. It may need more memory than the {memory_gb:g} GB "
            f"that an input is given (--cluster-memory {2 * memory_gb:g}), or it is damaged in a way that ends the "
            "decoder: look at the log of a worker, and try it here, without --cluster."
        )
