"""Measure clips from a program."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Literal, TypedDict, Unpack

import pyarrow as pa

from neckrom.assessment.norms import NormSet
from neckrom.cluster.options import Cluster
from neckrom.errors import ConfigurationError, InputError
from neckrom.library.camera import Camera
from neckrom.library.given import (
    is_number,
    is_stretch,
    is_turn,
    is_whole,
    is_yes_or_no,
    path_of,
    paths_of,
    refuse,
    shown,
)
from neckrom.library.measurement import Failed, Measurement
from neckrom.library.norms import loaded
from neckrom.library.tables import movement_table
from neckrom.messages import LANGUAGES
from neckrom.result import Result
from neckrom.rom.protocol import load_protocol
from neckrom.service.analysis import AnalysisOptions
from neckrom.service.measure import Border, measure_to_keep
from neckrom.service.options import MeasureOptions

View = Literal["auto", "front", "side"]
VIEWS: tuple[View, ...] = ("auto", "front", "side")
MOST_WARM_UPS = 20
HFOV_DEG = (5.0, 150.0)
DISTANCE_M = (0.2, 20.0)


class Options(TypedDict, total=False):
    """Options of :func:`measure`, which describes them."""

    mirrored: bool
    neutral: tuple[float, float] | None
    warm_ups: int | None
    rotate_deg: Literal[0, 90, 180, 270] | None
    view: View
    camera: Camera | str | Path | None
    hfov_deg: float | None
    distance_m: float | None
    protocol: str | Path | None
    norms: NormSet | str | Path
    language: str


def measure(
    path: str | Path,
    *,
    mirrored: bool = False,
    neutral: tuple[float, float] | None = None,
    warm_ups: int | None = None,
    rotate_deg: Literal[0, 90, 180, 270] | None = None,
    view: View = "auto",
    camera: Camera | str | Path | None = None,
    hfov_deg: float | None = None,
    distance_m: float | None = None,
    protocol: str | Path | None = None,
    norms: NormSet | str | Path = "article",
    language: str = "en",
) -> Measurement:
    """Measure the neck in a clip.

    Nothing is written: :meth:`Measurement.save` does.

    Parameters
    ----------
    path : str or Path
        A clip, a folder of pictures with ``timestamps.csv``, a result folder or its ``landmarks.parquet``, or
        the folder of a guided session.
    mirrored : bool
        The clip was stored mirrored, as many phones do with the front camera.
    neutral : tuple of two float, optional
        Start and end of the rest from which angles count, seconds; found where it is left out.
    warm_ups : int, optional
        So many repetitions of each direction come first and do not count, 0 to 20.
    rotate_deg : int, optional
        0, 90, 180 or 270 degrees clockwise by which the picture is turned; found where it is left out.
    view : str
        "front" or "side": from where the camera looks at the person; "auto" finds out.
    camera : Camera, str or Path, optional
        The lens: a :class:`Camera`, or a profile by name or file. Excludes ``hfov_deg`` and ``distance_m``.
    hfov_deg : float, optional
        Horizontal field of view of the upright picture, 5 to 150 degrees.
    distance_m : float, optional
        Metres from the eyes to the camera at rest, 0.2 to 20, where the field of view is not known.
    protocol : str or Path, optional
        File that names repetitions and pain (``docs/cli.md``).
    norms : NormSet, str or Path
        What is judged by: a name, a file, or norms of your own (:func:`load_norms` gives a start).
    language : str
        Of verdict, figures and report: "en", "de", "es" or "fr".

    Returns
    -------
    Measurement

    Raises
    ------
    ConfigurationError
        An option, or a file that one names, has a mistake: all of them at once, before anything is measured.
    InputError
        The input cannot be read.
    NoFaceError, NoNeutralError
        It shows nobody, or no rest from which to count.
    EnvironmentProblemError
        A package or a model is missing or of another version.
    """
    given: Options = {
        "mirrored": mirrored,
        "neutral": neutral,
        "warm_ups": warm_ups,
        "rotate_deg": rotate_deg,
        "view": view,
        "camera": camera,
        "hfov_deg": hfov_deg,
        "distance_m": distance_m,
        "protocol": protocol,
        "norms": norms,
        "language": language,
    }
    settings = _settings(given)
    return _measured(path_of(path), *settings)


def measure_many(
    paths: Iterable[str | Path],
    *,
    jobs: int = 1,
    cluster: Cluster | str | None = None,
    **options: Unpack[Options],
) -> Iterator[Measurement | Failed]:
    """Measure clips one after the other, or several at once, and hand them out in their order.

    A clip that cannot be measured does not end it. Only what is being measured or waits to be taken is kept
    in memory, so that ten thousand clips need no more of it than ten.

    Parameters
    ----------
    paths : iterable of str or Path
        Taken one by one.
    jobs : int
        How many at once; the results do not depend on it.
    cluster : Cluster or str, optional
        Where they are measured in place of here: the address of a Dask scheduler (``tcp://host:8786``),
        ``local:N`` for N processes of this machine, or a :class:`neckrom.Cluster` with more to say
        (``docs/fleet.md``). Measurements come back over the network, about 10 MB for a minute of a clip.
    **options
        As for :func:`measure`, for all of them.

    Yields
    ------
    Measurement or Failed
        ``item.error`` is None for a measurement.

    Raises
    ------
    ConfigurationError
        At once: an option has a mistake.
    ClusterError
        The scheduler cannot be reached or is lost, or there is no worker that can be used.
    """
    wanted = paths_of(paths)
    problems = [] if is_whole(jobs) and jobs >= 1 else [f"jobs={shown(jobs)}: give a whole number from 1"]
    if cluster is not None and not isinstance(cluster, Cluster | str):
        problems.append(
            f'cluster={shown(cluster)}: give its address, as in "tcp://scheduler:8786", or a Cluster'
        )
    elif cluster is not None and not problems and jobs != 1:
        problems.append("jobs and cluster exclude each other: its workers say how many at once")
    refuse(problems)
    unknown = sorted(set(options) - set(Options.__annotations__))
    if unknown:
        raise TypeError(f"measure_many() got an unexpected keyword argument {unknown[0]!r}")
    analysis, written = _settings(options)
    if cluster is not None:
        from neckrom.library.many_machines import measured_on  # noqa: PLC0415

        where = Cluster(cluster) if isinstance(cluster, str) else cluster
        return measured_on(where, wanted, analysis, written)
    return _one_by_one(wanted, jobs, analysis, written)


def to_table(items: Iterable[Measurement | Failed | Result]) -> pa.Table:
    """The best end ranges of many clips in one table, six rows a clip.

    Parameters
    ----------
    items : iterable of Measurement, Failed or Result
        As :func:`measure_many` gives them; those that failed have no rows.

    Returns
    -------
    pyarrow.Table
        Columns: ``clip``, ``clip_sha256``, ``movement``, ``status``; ``best_deg`` with its 95 % interval
        ``low_deg`` to ``high_deg`` (null above where it is only a ``lower_bound``); ``mean_deg``, ``trials``;
        ``reference_deg``, ``percent_of_reference``, ``flag``, ``reason``; ``pain`` (0 to 10);
        ``compensation_deg``. Angles are positive in the movement's direction; null: not measured.

    Raises
    ------
    TypeError
        Something in it is none of them: results of runs, postures and nerve tests have other values.
    """
    if isinstance(items, Measurement | Failed | Result):
        items = (items,)
    return movement_table(result for item in items if (result := _result_of(item)) is not None)


def _result_of(item: object) -> Result | None:
    if isinstance(item, Failed):
        return None
    found = item.result if isinstance(item, Measurement) else item
    if isinstance(found, Result):
        return found
    raise TypeError(
        f"to_table() takes measurements and results of necks, and was given {type(item).__name__}: "
        "take that one out of the list."
    )


def _one_by_one(
    paths: Iterator[object], jobs: int, analysis: AnalysisOptions, written: MeasureOptions
) -> Iterator[Measurement | Failed]:
    def work(given: object) -> Measurement | Failed:
        path = Path(str(given))
        border = Border(path)
        with border:
            return _measured(path_of(given), analysis, written)
        assert border.error is not None
        return Failed(path, border.error)

    if jobs == 1:
        yield from map(work, paths)
        return
    with ThreadPoolExecutor(jobs, thread_name_prefix="measure") as pool:
        waiting: deque[Future[Measurement | Failed]] = deque(
            pool.submit(work, path) for path in islice(paths, jobs)
        )
        try:
            while waiting:
                done = waiting.popleft().result()
                waiting.extend(pool.submit(work, path) for path in islice(paths, 1))
                yield done
        finally:
            for future in waiting:
                future.cancel()


def _measured(path: Path, analysis: AnalysisOptions, written: MeasureOptions) -> Measurement:
    seen, landmarks = measure_to_keep(path, analysis, written.rotate_deg)
    return Measurement(path, seen, landmarks, written)


def _settings(given: Options) -> tuple[AnalysisOptions, MeasureOptions]:
    """Options with their files read and checked: all mistakes at once."""
    problems = _mistakes(given)
    norms = protocol = camera = None
    wanted = given.get("norms", "article")
    try:
        norms = loaded(wanted)
    except ConfigurationError as error:
        problems += error.problems if isinstance(wanted, NormSet) else [str(error)]
    named = given.get("protocol")
    try:
        protocol = None if named is None else load_protocol(path_of(named, "protocol"))
    except (ConfigurationError, InputError) as error:
        problems.append(str(error))
    lens = given.get("camera")
    try:
        camera = lens if lens is None or isinstance(lens, Camera) else Camera.load(path_of(lens, "camera"))
    except InputError:
        problems.append(f"camera={shown(lens)}: give a Camera, or a profile by name or file")
    except ConfigurationError as error:
        problems.append(str(error))
    refuse(problems)
    assert norms is not None
    neutral, warm_ups = given.get("neutral"), given.get("warm_ups")
    analysis = AnalysisOptions(
        norms=norms,
        mirrored=bool(given.get("mirrored", False)),
        neutral=None if neutral is None else (float(neutral[0]), float(neutral[1])),
        warm_ups=None if warm_ups is None else int(warm_ups),
        view=given.get("view", "auto"),
        hfov_deg=_float(given.get("hfov_deg")),
        distance_m=_float(given.get("distance_m")),
        camera=None if camera is None else camera.model(),
        camera_name=None if camera is None else camera.name,
        camera_sha256=None if camera is None else camera.sha256,
        protocol=protocol,
        protocol_name=None if named is None else Path(named).name,
        protocol_sha256=None if named is None else sha256(Path(named).read_bytes()).hexdigest(),
    )
    turn = given.get("rotate_deg")
    written = MeasureOptions(
        rotate_deg=None if turn is None else int(turn), language=given.get("language", "en")
    )
    return analysis, written


def _float(value: float | None) -> float | None:
    """Of numpy's numbers, too, whose text is another one in a cluster's keys."""
    return None if value is None else float(value)


def _mistakes(given: Options) -> list[str]:
    """What is wrong with the options that need no file."""
    problems: list[str] = []

    def check(good: bool, name: str, advice: str) -> None:
        if not good:
            problems.append(f"{name}={shown(given.get(name))}: {advice}")

    check(is_yes_or_no(given.get("mirrored", False)), "mirrored", "give True or False")
    neutral = given.get("neutral")
    check(neutral is None or is_stretch(neutral), "neutral", "give two times in seconds, start, end")
    warm_ups = given.get("warm_ups")
    check(
        warm_ups is None or (is_whole(warm_ups) and 0 <= warm_ups <= MOST_WARM_UPS),
        "warm_ups",
        f"give 0 to {MOST_WARM_UPS}",
    )
    check(is_turn(given.get("rotate_deg")), "rotate_deg", "give 0, 90, 180 or 270")
    check(given.get("view", "auto") in VIEWS, "view", f"give one of {', '.join(VIEWS)}")
    check(given.get("language", "en") in LANGUAGES, "language", f"give one of {', '.join(LANGUAGES)}")
    ranges: tuple[tuple[Literal["hfov_deg", "distance_m"], tuple[float, float], str], ...] = (
        ("hfov_deg", HFOV_DEG, "degrees"),
        ("distance_m", DISTANCE_M, "metres"),
    )
    for name, (low, high), unit in ranges:
        value = given.get(name)
        good = value is None or (is_number(value) and low <= value <= high)
        check(good, name, f"give {low:g} to {high:g} {unit}")
    lens = [name for name in ("camera", "hfov_deg", "distance_m") if given.get(name) is not None]
    if len(lens) > 1:
        problems.append(f"{' and '.join(lens)} exclude each other: give one of them")
    return problems
