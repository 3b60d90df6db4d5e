"""Measure inputs on a cluster: what ``measure_all`` does here, done by many machines, and gone on with later."""

from __future__ import annotations

import hashlib
import logging
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from neckrom import __version__, errors
from neckrom.cluster.connection import connected
from neckrom.cluster.content import Content, content_of, packed, rough_size, unpack_folder
from neckrom.cluster.fleet import Finished, Fleet, Ground
from neckrom.cluster.identity import own_identity
from neckrom.cluster.manifest import Manifest, Row, shown_folder
from neckrom.cluster.options import Cluster
from neckrom.cluster.work import Order, Refusal, part_prefix
from neckrom.errors import ClusterError, ExitCode, InputError, NeckromError, OutputError
from neckrom.operating_system import lock
from neckrom.private_files import open_private
from neckrom.result import Result
from neckrom.service.analysis import AnalysisOptions
from neckrom.service.folders import (
    cannot_write_message,
    distinct_folders,
    make_parents,
    new_folder,
    refuse_existing,
    remove_empty,
)
from neckrom.service.measure import Progress, prepared_options
from neckrom.service.options import MeasureOptions

log = logging.getLogger(__name__)

RESULT = "result.json"
LOCK = ".neckrom-cluster.lock"
_FOR_GOOD = (ExitCode.BAD_INPUT, ExitCode.BAD_CONFIGURATION)
"""What such an error says of an input is so the next time, too."""


@dataclass(frozen=True, slots=True)
class ClusterOutcome:
    """What became of one input; the result stays on disk until it is asked for.

    Attributes
    ----------
    input : Path
    folder : Path or None
        None where there is an error.
    error : NeckromError or None
    """

    input: Path
    folder: Path | None
    error: NeckromError | None

    @property
    def result(self) -> Result | None:
        """Read from the folder."""
        if self.folder is None:
            return None
        return Result.model_validate_json((self.folder / RESULT).read_text(encoding="utf-8"))

    @property
    def written(self) -> tuple[Path, ...]:
        """Files in the folder."""
        if self.folder is None:
            return ()
        return tuple(sorted(item for item in self.folder.rglob("*") if item.is_file()))


def measure_on_cluster(
    inputs: Sequence[Path],
    out: Path,
    options: MeasureOptions,
    cluster: Cluster,
    *,
    progress: Progress,
    tell: Callable[[str], None],
) -> list[ClusterOutcome]:
    """Measure every input into a folder of its own in ``out``, as :func:`neckrom.service.measure_all` does.

    ``manifest.parquet`` in ``out`` says what is done: the same call goes on where an earlier one ended.

    Parameters
    ----------
    inputs : sequence of Path
    out : Path
    options : MeasureOptions
        With ``overwrite``, what is done is measured again, too.
    cluster : Cluster
    progress : Progress
        Counts inputs as the step "clips" of ``out``.
    tell : callable
        Told in words what a person should know while it runs.

    Returns
    -------
    list of ClusterOutcome, in the order of ``inputs``

    Raises
    ------
    ConfigurationError
        A norm, protocol or camera file has a mistake, or the manifest is damaged.
    ClusterError
        The scheduler cannot be reached or is lost, or there is no worker. What is done is kept.
    OutputError
        ``out`` cannot be written, or another neckrom measures into it.
    """
    analysis = prepared_options(options)
    made = make_parents(out)
    try:
        with _locked(out), ExitStack() as stack:
            manifest = Manifest(out)
            stack.callback(manifest.close)
            run = Run(inputs, out, options, analysis, manifest)
            stack.callback(run.clear)
            run.say_what_is_done(tell)
            if run.waiting:
                run.measure(cluster, progress, tell)
            return run.outcomes()
    finally:
        remove_empty(made)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is the same for all inputs of a run.

    Attributes
    ----------
    options : MeasureOptions
    analysis : AnalysisOptions
    identity : str
        Hash of what is measured with.
    run : str
        A fresh name.
    fixed : str
        Hash of all of it but the name.
    """

    options: MeasureOptions
    analysis: AnalysisOptions
    identity: str
    run: str
    fixed: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Said once for all inputs: there may be a hundred thousand."""
        o = self.options
        said = (self.identity, repr(self.analysis), o.rotate_deg, o.overlay, o.pictures, o.language)
        object.__setattr__(
            self, "fixed", hashlib.sha256(repr(said).encode("utf-8", "surrogateescape")).hexdigest()
        )

    def key(self, content: Content, name: str, folder: str) -> str:
        """What the result follows from: the same key, the same result."""
        said = repr((content.sha256, name, folder, self.fixed))
        return hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(slots=True, eq=False)
class WantedInput:
    """An input whose content is known, and how an order for it is made."""

    path: Path
    folder: Path
    shown: str
    content: Content
    key: str
    settings: Settings
    changed_ns: int = 0
    keep: bool = False

    def order(self, *, send: bool, write_there: bool) -> Order:
        """See :class:`neckrom.cluster.fleet.Wanted`."""
        content = packed(self.path) if send else None
        if content is not None and not self._is_still(content):
            raise InputError(
                f"{self.path} was changed while it was to be measured: measure it again when it is whole."
            )
        return Order(
            key=self.key,
            given=str(self.path),
            path=str(self.path.absolute()),
            is_folder=self.path.is_dir(),
            sha256=self.content.sha256,
            content=content,
            target=str(self.folder.absolute()) if write_there and not self.keep else None,
            shown=str(self.folder),
            run=self.settings.run,
            options=self.settings.options,
            analysis=self.settings.analysis,
            identity=self.settings.identity,
            keep=self.keep,
        )

    def _is_still(self, content: bytes) -> bool:
        if self.path.is_dir():
            return content_of(self.path) == self.content
        return hashlib.sha256(content).hexdigest() == self.content.sha256


def error_of(refusal: Refusal, worker: str) -> NeckromError:
    """The error that a worker met, as if it had been met here."""
    log.info("on %s: %s", worker, refusal.trace)
    kind = getattr(errors, refusal.kind, NeckromError)
    if not (isinstance(kind, type) and issubclass(kind, NeckromError)):
        kind = NeckromError
    error: NeckromError = kind.__new__(kind)
    Exception.__init__(error, refusal.message)
    if refusal.problems:
        error.problems = refusal.problems  # type: ignore[attr-defined]
    error.exit_code = ExitCode(refusal.exit_code)
    return error


class Run:
    """One run over some inputs: what is done, what is to be done, and what became of it.

    Attributes
    ----------
    waiting : list of (Path, Path)
        Inputs that no earlier run has settled, with their folders; the largest first.
    """

    def __init__(
        self,
        inputs: Sequence[Path],
        out: Path,
        options: MeasureOptions,
        analysis: AnalysisOptions,
        manifest: Manifest,
    ) -> None:
        self._inputs, self._out, self._manifest = inputs, out, manifest
        self._folders = distinct_folders(inputs, out)
        self._settings = Settings(options, analysis, own_identity().sha256, secrets.token_hex(4))
        self._errors: dict[Path, NeckromError] = {}
        sizes = {folder: rough_size(path) for path, folder in zip(inputs, self._folders, strict=True)}
        every = list(zip(inputs, self._folders, strict=True))
        open_ones = [(path, folder) for path, folder in every if not self._known(path, folder, sizes[folder])]
        self._already = len(every) - len(open_ones)
        self.waiting = sorted(
            open_ones, key=lambda one: -sizes[one[1]][0]
        )  # longest first: no one is last alone
        self._done, self._total = 0, len(self.waiting)
        self._progress: Progress | None = None

    # ------------------------------------------------------------- what is done

    def _known(self, path: Path, folder: Path, size: tuple[int, int]) -> bool:
        """Whether an earlier run has settled an input, which nobody has changed since."""
        row = self._manifest.row(shown_folder(folder, self._out))
        if row is None or self._settings.options.overwrite or size == (0, 0):
            return False
        if (row.bytes, row.changed_ns) != size:
            return False
        key = self._settings.key(Content(row.sha256, row.bytes), path.name, row.folder)
        return row.key == key and self._settled(folder, row)

    def _settled(self, folder: Path, row: Row) -> bool:
        if row.status == "done":
            return _sha256(folder / RESULT) == row.result_sha256
        if row.status == "refused":
            self._errors[folder] = error_of(
                Refusal(row.error_kind, row.error, row.exit_code), f"{row.worker}, in an earlier run"
            )
            return True
        return False

    def wanted(self) -> Iterator[WantedInput]:
        """Inputs that are still to be measured, as there are places for them."""
        for path, folder in self.waiting:
            shown = shown_folder(folder, self._out)
            try:
                content = content_of(path)
                key = self._settings.key(content, path.name, shown)
                if self._done_before(folder, shown, key):
                    self._count()
                    continue
                self._refuse_another(path, folder, shown)
                refuse_existing(folder, overwrite=self._settings.options.overwrite)
            except NeckromError as error:
                self._failed(path, folder, error)
                continue
            self._manifest.note(Row(key, str(path), shown, "begun"))
            yield WantedInput(path, folder, shown, content, key, self._settings, rough_size(path)[1])

    def _refuse_another(self, path: Path, folder: Path, shown: str) -> None:
        """Say more than that a result is there where it is known what it is of."""
        row = self._manifest.row(shown)
        if row is None or row.status != "done" or self._settings.options.overwrite or not folder.exists():
            return
        raise OutputError(
            f"{folder} holds another result of {path}: the input, the options, neckrom, or the result itself has "
            "changed since. Remove that folder to have this input measured anew, choose another one with --out, or "
            "replace everything with --overwrite."
        )

    def _done_before(self, folder: Path, shown: str, key: str) -> bool:
        """Whether the same content was measured before: under another date, or for a run that did not live to hear."""
        if self._settings.options.overwrite:
            return False
        row = self._manifest.row(shown)
        if row is not None and row.key == key and self._settled(folder, row):
            return True
        digest = _sha256(folder / RESULT)
        if self._manifest.begun(shown) != key or digest is None:
            return False
        self._manifest.note(
            Row(key, "", shown, "done", result_sha256=digest, neckrom=__version__, worker="an earlier run")
        )
        return True

    # ---------------------------------------------------------------- measuring

    def say_what_is_done(self, tell: Callable[[str], None]) -> None:
        """How many inputs an earlier run has settled."""
        if self._already:
            tell(f"{self._already} of {len(self._inputs)} are done already.")

    def measure(self, cluster: Cluster, progress: Progress, tell: Callable[[str], None]) -> None:
        """Measure what is waiting."""
        self._progress, total = progress, self._total
        if not cluster.encrypted and not _is_here(cluster.address):
            tell(
                f"Nothing that travels to and from {cluster.address} is encrypted, and whoever reaches its port "
                "can run programs on the workers: use a network of your own, or tls:// (docs/fleet.md)."
            )
        with connected(cluster) as client, self._mark() as (mark, token):
            ground = Ground(own_identity(), str(mark.absolute()), token, str(self.waiting[0][0].absolute()))
            fleet = Fleet(client, cluster, ground, tell)
            try:
                fleet.gather()
                progress.step(self._out, "clips", 0, total)
                for finished in fleet.run(self.wanted()):
                    self._received(finished)
            except ClusterError as error:
                raise ClusterError(f"{error}{self._kept()}") from error
            finally:
                fleet.close()

    def _kept(self) -> str:
        """What a run that broke off leaves behind."""
        if not self._done:
            return ""
        return (
            f"\n{self._done} of {self._total} inputs were done by then, and are kept in {self._out}. Run the same "
            "command again: what is done is not done again."
        )

    def _received(self, finished: Finished) -> None:
        wanted: WantedInput = finished.wanted
        if finished.error is not None:
            given = finished.error
            error = given if isinstance(given, NeckromError) else error_of(given, finished.worker)
            if (
                isinstance(given, Refusal)
                and not isinstance(error, InputError)
                and error.exit_code not in _FOR_GOOD
            ):
                error = _with_place(given, error, finished.worker)
            self._failed(wanted.path, wanted.folder, error, wanted, finished)
            return
        assert finished.answer is not None
        try:
            if finished.answer.content is not None:
                with new_folder(wanted.folder, overwrite=self._settings.options.overwrite) as part:
                    unpack_folder(finished.answer.content, part)
            digest = _sha256(wanted.folder / RESULT)
            if digest is None:
                raise OutputError(f"{finished.worker} says it wrote {wanted.folder}, and there is nothing.")
        except NeckromError as error:
            self._failed(wanted.path, wanted.folder, error, wanted, finished)
            return
        self._manifest.note(
            Row(
                key=wanted.key,
                input=str(wanted.path),
                folder=wanted.shown,
                status="done",
                sha256=wanted.content.sha256,
                bytes=wanted.content.size,
                changed_ns=wanted.changed_ns,
                result_sha256=digest,
                worker=finished.worker,
                seconds=round(finished.answer.seconds, 3),
                neckrom=__version__,
            )
        )
        self._count()

    def _failed(
        self,
        path: Path,
        folder: Path,
        error: NeckromError,
        wanted: WantedInput | None = None,
        finished: Finished | None = None,
    ) -> None:
        self._errors[folder] = error
        for_good = (
            wanted is not None and error.exit_code in _FOR_GOOD and finished is not None and finished.answer
        )
        shown = shown_folder(folder, self._out)
        earlier = self._manifest.row(shown)
        if wanted is not None or earlier is None or earlier.status != "done":  # a result there stays known
            self._manifest.note(
                Row(
                    key="" if wanted is None else wanted.key,
                    input=str(path),
                    folder=shown,
                    status="refused" if for_good else "failed",
                    error=str(error),
                    error_kind=type(error).__name__,
                    exit_code=int(error.exit_code),
                    sha256="" if wanted is None else wanted.content.sha256,
                    bytes=0 if wanted is None else wanted.content.size,
                    changed_ns=0 if wanted is None else wanted.changed_ns,
                    worker="" if finished is None else finished.worker,
                    neckrom=__version__,
                )
            )
        self._count()

    def _count(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress.step(self._out, "clips", self._done, self._total)

    def outcomes(self) -> list[ClusterOutcome]:
        """In the order of the inputs."""
        return [
            ClusterOutcome(path, None if folder in self._errors else folder, self._errors.get(folder))
            for path, folder in zip(self._inputs, self._folders, strict=True)
        ]

    # -------------------------------------------------------------------- marks

    @contextmanager
    def _mark(self) -> Iterator[tuple[Path, str]]:
        """A file by which workers find out whether they see the folder for results."""
        token = secrets.token_hex(16)
        mark = self._out / f"{part_prefix(self._settings.run)}mark"
        try:
            with open_private(mark, new=True) as file:
                file.write(token.encode())
        except OSError as error:
            raise OutputError(cannot_write_message(self._out, error)) from error
        yield mark, token

    def clear(self) -> None:
        """Remove what this run, or one that was killed, left beside the results."""
        for path in self._out.glob(f"{part_prefix('*')}*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink()


def _with_place(refusal: Refusal, error: NeckromError, worker: str) -> NeckromError:
    placed = error_of(
        Refusal(refusal.kind, f"on {worker}: {refusal.message}", refusal.exit_code, refusal.problems), worker
    )
    placed.__cause__ = error
    return placed


def _sha256(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _is_here(address: str) -> bool:
    host = address.partition("://")[2].rpartition(":")[0]
    return host in ("127.0.0.1", "localhost", "[::1]")


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Let one run at a time write into a folder.

    Raises
    ------
    OutputError
        Another one does.
    """
    path = out / LOCK
    try:
        file = open_private(path)
    except OSError as error:
        raise OutputError(cannot_write_message(out, error)) from error
    with file:
        try:
            lock(file, wait=False)
        except BlockingIOError as error:
            raise OutputError(
                f"Another neckrom measures into {out} on a cluster: wait for its end, or choose another folder with "
                "--out."
            ) from error
        except OSError as error:  # a file system without locks
            log.info("%s: %s", path, error)
        yield
    path.unlink(missing_ok=True)
