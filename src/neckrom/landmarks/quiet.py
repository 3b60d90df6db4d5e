"""Keep the chatter of C++ libraries out of the terminal.

MediaPipe and TensorFlow Lite write to file descriptor 2 from C++ and cannot be told
not to. While a :class:`QuietStderr` is held, descriptor 2 leads nowhere and
``sys.stderr`` is led round it, so that what Python itself prints (progress, log,
errors) still arrives. It is held only as long as the models start: see
:mod:`neckrom.landmarks.mediapipe_engine`.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, ClassVar, TextIO, cast

if TYPE_CHECKING:
    from typing_extensions import Buffer

_STDERR = 2
"""File descriptor of the standard error."""


class QuietStderr:
    """Hold descriptor 2 shut; may be held several times, from several threads.

    Descriptors belong to the process, so the count of holders does too.
    """

    _lock: ClassVar[threading.Lock] = threading.Lock()
    _holders: ClassVar[int] = 0
    _kept: ClassVar[int] = -1
    _detour: ClassVar[tuple[TextIO, TextIO] | None] = None

    def __init__(self) -> None:
        self._held = False

    def hold(self) -> None:
        """Shut it; a second call does nothing."""
        with QuietStderr._lock:
            if self._held:
                return
            if QuietStderr._holders == 0:
                _shut()
            QuietStderr._holders += 1
            self._held = True

    def release(self) -> None:
        """Open it again once nobody holds it; a second call does nothing."""
        with QuietStderr._lock:
            if not self._held:
                return
            self._held = False
            QuietStderr._holders -= 1
            if QuietStderr._holders == 0:
                _open()

    def __enter__(self) -> QuietStderr:
        self.hold()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


class _Descriptor(io.RawIOBase):
    """Writes to a descriptor of its own; closed, without a word, when the last user is gone."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        return memoryview(data).nbytes

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def _shut() -> None:
    try:
        kept = os.dup(_STDERR)
    except OSError:  # started without a standard error: nothing to keep quiet
        QuietStderr._kept = -1
        return
    if _leads_to_descriptor(sys.stderr):
        sys.stderr.flush()
        detour = io.TextIOWrapper(
            cast("BinaryIO", _Descriptor(os.dup(kept))),
            encoding=sys.stderr.encoding,
            errors=sys.stderr.errors,
            write_through=True,
        )
        QuietStderr._detour = (detour, sys.stderr)
        sys.stderr = detour
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), _STDERR)
    QuietStderr._kept = kept


def _open() -> None:
    if QuietStderr._kept < 0:
        return
    os.dup2(QuietStderr._kept, _STDERR)
    os.close(QuietStderr._kept)
    QuietStderr._kept = -1
    detour, QuietStderr._detour = QuietStderr._detour, None
    if detour is not None and sys.stderr is detour[0]:  # nobody else has led it elsewhere since
        sys.stderr = detour[1]


def _leads_to_descriptor(stream: TextIO | None) -> bool:
    """Whether the stream writes to descriptor 2 (it does not in notebooks and under test)."""
    if stream is None:
        return False
    try:
        return stream.fileno() == _STDERR
    except (OSError, ValueError, AttributeError):
        return False
