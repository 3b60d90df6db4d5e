"""A study whose answers are known: people, sessions and readings drawn at random, results as neckrom writes them.

For trying the whole way before the first person comes, for tests, and for measuring how often intervals hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from neckrom.result import (
    AsymmetryResult,
    CameraInfo,
    ClipInfo,
    Configuration,
    Flag,
    MovementResult,
    NeutralInfo,
    NormInfo,
    Quality,
    Result,
    ToolInfo,
    TrialResult,
)
from neckrom.study.agreement import Z95
from neckrom.study.data import RESULT, Person, Reading, Session, StudyData
from neckrom.study.plan import Plan, StudyFolder, Tool, settings_hash, usual_plan
from neckrom.study.tables import PEOPLE, READINGS, SESSIONS, age_band, empty_table
from neckrom.types import MOVEMENTS, Movement

_VARIANCE_OF_BEST = {1: 1.0, 2: 0.681690, 3: 0.559467}
"""Of the largest of so many standard normal numbers (order statistics)."""
_MIDDLE = {"flexion": 52.0, "extension": 58.0, "rotation": 72.0, "lateral": 40.0}
"""Range of the drawn people on average, degrees: made up, no norm."""
_NORM = {"flexion": 50.0, "extension": 60.0, "rotation": 90.0, "lateral": 45.0}
"""What half of is lost for the drawn people, degrees: as the norms of the article."""
_MOVEMENT_S = 12.0
"""From the beginning of one trial to that of the next."""
_FRAMED = 10
"""People who are filmed with and without the reference device."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of the simulated tool and people, the same for all six directions. Degrees.

    Attributes
    ----------
    bias_deg : float
        Camera minus reference.
    sd_person, sd_session, sd_trial : float
        Parts of the error.
    spread_deg : float
        Standard deviation of the range of motion between people.
    day_deg, trial_deg : float
        How much a person's own range differs from session to session, and from trial to trial.
    coverage : float
        Share of 95 % intervals that hold the reading.
    failed : float
        Share of sessions that gave no result.
    bounded : float
        Share of trials that are only a lower bound.
    restricted : float
        Share of people with pain who have lost more than half of a direction.
    """

    bias_deg: float = 1.5
    sd_person: float = 2.0
    sd_session: float = 1.5
    sd_trial: float = 1.0
    spread_deg: float = 10.0
    day_deg: float = 2.0
    trial_deg: float = 1.0
    coverage: float = 0.95
    failed: float = 0.03
    bounded: float = 0.02
    restricted: float = 0.3

    @property
    def sd_deg(self) -> float:
        """Of a single difference of a new person."""
        return math.sqrt(self.sd_person**2 + self.sd_session**2 + self.sd_trial**2)

    @property
    def limits_deg(self) -> tuple[float, float]:
        """Limits of agreement."""
        return self.bias_deg - Z95 * self.sd_deg, self.bias_deg + Z95 * self.sd_deg

    def half_width_deg(self) -> float:
        """Of an interval about the measured value that holds the reading with the wanted probability.

        Returns
        -------
        float
            Degrees.
        """

        def missing(half: float) -> float:
            inside = norm.cdf(half, self.bias_deg, self.sd_deg) - norm.cdf(-half, self.bias_deg, self.sd_deg)
            return float(inside) - self.coverage

        return float(brentq(missing, 0.0, abs(self.bias_deg) + 20.0 * self.sd_deg))

    def sem_deg(self, trials: int) -> float:
        """Standard deviation within people of the best of so many trials.

        Parameters
        ----------
        trials : int
            1, 2 or 3.

        Returns
        -------
        float
            Degrees.

        Notes
        -----
        Errors of the trials and the person's own differences between them are added before the best is taken; the
        largest of independent normal values varies less than each of them.
        """
        of_trials = _VARIANCE_OF_BEST[trials] * (self.sd_trial**2 + self.trial_deg**2)
        return math.sqrt(self.day_deg**2 + self.sd_session**2 + of_trials)

    def icc(self, trials: int) -> float:
        """Of the best of so many trials, between sessions.

        Parameters
        ----------
        trials : int
            1, 2 or 3.

        Returns
        -------
        float
            0 to 1.
        """
        people = self.spread_deg**2 + self.sd_person**2
        return people / (people + self.sem_deg(trials) ** 2)


def simulated_data(plan: Plan, truth: Truth, seed: int) -> StudyData:
    """A study in memory, without files.

    Parameters
    ----------
    plan : Plan
        People, visits, operators and trials.
    truth : Truth
    seed : int
        The same one gives the same study.

    Returns
    -------
    StudyData
    """
    return _Drawing(plan, truth, np.random.default_rng(seed)).data()


def write_simulated(folder: StudyFolder, truth: Truth, seed: int, *, people: int | None = None) -> StudyData:
    """Fill the tables and results of a study folder that was just made; its plan must say ``simulated``.

    Parameters
    ----------
    folder : StudyFolder
    truth : Truth
    seed : int
        The same one gives the same study.
    people : int, optional
        As many as this instead of the plan's, half of them with pain; the plan's file stays as it is.

    Returns
    -------
    StudyData
        What was written, but for ages: the table has one age for each band.

    Raises
    ------
    ValueError
        The plan does not say ``simulated``.
    """
    plan = folder.load()
    if not plan.simulated:
        raise ValueError("only a study that says it is simulated may be filled with drawn people")
    if people is not None:
        plan = plan.model_copy(update={"people": people, "people_with_pain": people // 2}).frozen()
    data = simulated_data(plan, truth, seed)
    _write_rows(folder.root / PEOPLE.file, empty_table(PEOPLE), map(_person_row, data.people))
    _write_rows(folder.root / SESSIONS.file, empty_table(SESSIONS), map(_session_row, data.sessions))
    readings = (reading for session in data.sessions for reading in session.readings)
    _write_rows(folder.root / READINGS.file, empty_table(READINGS), map(_reading_row, readings))
    for session in data.sessions:
        if session.result is not None:
            place = folder.results / session.recording / RESULT
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(session.result.model_dump_json(indent=1), encoding="utf-8")
    return data


def _write_rows(path: Path, heading: str, rows: Iterator[str]) -> None:
    path.write_text(heading + "".join(f"{row}\n" for row in rows), encoding="utf-8")


def _person_row(person: Person) -> str:
    strata = person.strata
    age = {"18-34": 27, "35-49": 42, "50-64": 57, "65+": 70}[strata["age_band"]]
    pain = "4" if person.has_pain else "0"
    cells = [strata[name] for name in ("sex", "skin_tone", "hair", "beard", "glasses", "size")]
    return ",".join([person.id, strata["group"], str(age), *cells, pain, ""])


def _session_row(session: Session) -> str:
    done = session.outcome == "done"
    cells = [session.person, session.id, str(session.day), "", session.operator, "together"]
    cells.append("yes" if session.reference_worn else "no")
    return ",".join([*cells, session.recording, session.outcome, "" if done else "no face found"])


def _reading_row(reading: Reading) -> str:
    cells = [reading.person, reading.session, reading.movement.value, str(reading.trial)]
    return ",".join([*cells, f"{reading.deg:.1f}", "", "KM"])


@dataclass(slots=True)
class _Drawing:
    plan: Plan
    truth: Truth
    random: np.random.Generator
    half_width_deg: float = 0.0

    def __post_init__(self) -> None:
        self.half_width_deg = self.truth.half_width_deg()

    def data(self) -> StudyData:
        people = tuple(self._person(number) for number in range(self.plan.people))
        sessions = [session for person in people for session in self._sessions(person)]
        for person in people[:_FRAMED]:
            sessions += self._framed(person)
        return StudyData(self.plan, people, tuple(sessions))

    def _person(self, number: int) -> Person:
        def one(*names: str) -> str:
            return names[int(self.random.integers(len(names)))]

        sex = one("f", "m")
        strata = {
            "group": "pain" if number < self.plan.people_with_pain else "no_pain",
            "sex": sex,
            "skin_tone": one("light", "medium", "dark"),
            "hair": one("short", "long", "covered") if sex == "f" else one("short", "none"),
            "beard": one("yes", "no") if sex == "m" else "no",
            "glasses": one("yes", "no", "no"),
            "size": one("small", "medium", "medium", "large"),
            "age_band": age_band(one_of(self.random, (27, 42, 57, 70))),
        }
        return Person(f"p{number + 1:03d}", strata, number + 2)

    def _sessions(self, person: Person) -> Iterator[Session]:
        truth, plan = self.truth, self.plan
        own = {movement: self._own(movement, person) for movement in MOVEMENTS}
        error = {movement: self.random.normal(0.0, truth.sd_person) for movement in MOVEMENTS}
        first = plan.created + timedelta(days=int(self.random.integers(1, 20)))
        for number, visit in enumerate(plan.of_everybody):
            recording = f"{person.id}_{visit.id}"
            later = int(self.random.integers(plan.days_between[0], plan.days_between[1] + 1))
            day = first if visit.day == "first" else first + timedelta(days=later)
            failed = self.random.random() < truth.failed
            drawn = {movement: self._trials(own[movement], error[movement]) for movement in MOVEMENTS}
            readings = tuple(
                Reading(person.id, visit.id, movement, trial + 1, read, None, 2)
                for movement, trials in drawn.items()
                for trial, (read, _) in enumerate(trials)
            )
            yield Session(
                person=person.id,
                id=visit.id,
                day=day,
                operator=plan.operators[number % len(plan.operators)],
                recording=recording,
                outcome="failed" if failed else "done",
                line=2,
                result=None if failed else self._result(recording, day, drawn),
                readings=readings,
            )

    def _framed(self, person: Person) -> Iterator[Session]:
        """Two recordings of a person before the study, with and without the reference device on the head."""
        own = {movement: self._own(movement, person) for movement in MOVEMENTS}
        for visit in self.plan.visits:
            if visit.id not in ("with", "without"):
                continue
            recording = f"{person.id}_{visit.id}"
            drawn = {movement: self._trials(own[movement], 0.0) for movement in MOVEMENTS}
            day = self.plan.created
            yield Session(
                person=person.id,
                id=visit.id,
                day=day,
                operator=self.plan.operators[0],
                recording=recording,
                outcome="done",
                line=2,
                reference_worn=visit.id == "with",
                result=self._result(recording, day, drawn),
            )

    def _own(self, movement: Movement, person: Person) -> float:
        plane = movement.value.split("_")[0]
        if person.has_pain and self.random.random() < self.truth.restricted / 6:
            return _NORM[plane] * 0.35 + self.random.normal(0.0, 2.0)
        return _MIDDLE[plane] + self.random.normal(0.0, self.truth.spread_deg)

    def _trials(self, own: float, error: float) -> list[tuple[float, float]]:
        """Reading and measured value of each trial."""
        truth = self.truth
        today = own + self.random.normal(0.0, truth.day_deg)
        session = self.random.normal(0.0, truth.sd_session)
        trials = []
        for _ in range(self.plan.trials):
            true = max(today + self.random.normal(0.0, truth.trial_deg), 0.0)
            wrong = truth.bias_deg + error + session + self.random.normal(0.0, truth.sd_trial)
            trials.append((round(true, 1), round(true + wrong, 2)))
        return trials

    def _result(self, name: str, day: date, drawn: dict[Movement, list[tuple[float, float]]]) -> Result:
        movements = tuple(
            self._movement(movement, drawn[movement], 10.0 + 40.0 * number)
            for number, movement in enumerate(MOVEMENTS)
        )
        return result_of(self.plan.tool, name, day, movements, self.random)

    def _movement(
        self, movement: Movement, trials: list[tuple[float, float]], start_s: float
    ) -> MovementResult:
        reference = _NORM[movement.value.split("_")[0]]
        made = tuple(
            self._trial(peak, start_s + _MOVEMENT_S * number) for number, (_, peak) in enumerate(trials)
        )
        best = max(made, key=lambda trial: trial.peak_deg)
        return movement_of(movement, made, best, reference)

    def _trial(self, peak: float, start_s: float) -> TrialResult:
        """Its interval is as wide as all of them, so that the wanted share of them holds the reading."""
        half = self.half_width_deg
        bounded = self.random.random() < self.truth.bounded
        low = round(peak - half, 2)
        return TrialResult(
            start_s=start_s,
            peak_s=start_s + 2.0,
            end_s=start_s + 5.0,
            hold_start_s=start_s + 1.8,
            hold_end_s=start_s + 3.0,
            peak_deg=low if bounded else peak,
            sd_deg=round(half / Z95, 3),
            interval95_deg=(low, None if bounded else round(peak + half, 2)),
            lower_bound=bounded,
            compensation_deg=1.0,
            coupling_deg=(0.0, 0.0),
            source="fused",
            note="",
        )


def one_of(random: np.random.Generator, values: tuple[int, ...]) -> int:
    """One of several, at random.

    Parameters
    ----------
    random : numpy.random.Generator
    values : tuple of int

    Returns
    -------
    int
    """
    return values[int(random.integers(len(values)))]


def movement_of(
    movement: Movement, trials: tuple[TrialResult, ...], best: TrialResult, reference: float
) -> MovementResult:
    """A direction as neckrom writes it, judged by the best value alone: half of the norm or less is flagged.

    Parameters
    ----------
    movement : Movement
    trials : tuple of TrialResult
        Degrees, positive in the direction.
    best : TrialResult
        One of them.
    reference : float
        The norm, degrees.

    Returns
    -------
    MovementResult
        A bound at or below half of the norm is ``could_not_judge``.
    """
    percent = 100.0 * best.peak_deg / reference
    high = best.interval95_deg[1] if best.interval95_deg else None
    flag: Flag = "not_flagged" if percent > 50.0 else "flagged"
    if flag == "flagged" and (high is None or best.lower_bound):
        flag = "could_not_judge"
    return MovementResult(
        movement=movement,
        status="tested",
        best_deg=best.peak_deg,
        mean_deg=round(float(np.mean([trial.peak_deg for trial in trials])), 2),
        cv_percent=None,
        interval95_deg=best.interval95_deg,
        lower_bound=best.lower_bound,
        reference_deg=reference,
        reference_source="simulated",
        percent_of_reference=round(percent, 2),
        healthy_low_deg=None,
        healthy_high_deg=None,
        flag=flag,
        reason="",
        pain=None,
        pain_onset_deg=None,
        pain_flag="could_not_judge",
        pain_reason="",
        compensation_deg=1.0,
        compensation_flag="not_flagged",
        compensation_reason="",
        trials=trials,
    )


def result_of(
    tool: Tool, name: str, day: date, movements: tuple[MovementResult, ...], random: np.random.Generator
) -> Result:
    """A whole result as a tool writes it.

    Parameters
    ----------
    tool : Tool
    name : str
        Of the recording, without suffix.
    day : date
    movements : tuple of MovementResult
    random : numpy.random.Generator
        For the hash of the clip.

    Returns
    -------
    Result
    """
    return Result(
        created=f"{day.isoformat()}T10:00:00+00:00",
        tool=ToolInfo(
            version=tool.version,
            engine=tool.engine,
            model_sha256=tool.model_sha256,
            estimator=tool.estimator,
            calibration_id=tool.calibration_id,
        ),
        configuration=Configuration(
            mirrored=False,
            neutral=None,
            hfov_deg=tool.hfov_deg,
            distance_m=tool.distance_m,
            camera=tool.camera,
            camera_sha256=tool.camera_sha256,
            norms=tool.norms,
            protocol=None,
            protocol_sha256=None,
            settings={},
        ),
        clip=ClipInfo(
            name=f"{name}.mp4",
            kind="clip",
            sha256=sha256(name.encode() + random.bytes(8)).hexdigest(),
            duration_s=300.0,
            frames=9000,
            fps=30.0,
            width=1280,
            height=720,
            measured_width=1280,
            measured_height=720,
            mirrored=False,
        ),
        camera=CameraInfo(hfov_deg=tool.hfov_deg or 60.0, origin="simulated", assumed=tool.hfov_deg is None),
        norms=NormInfo(name=tool.norms, title="", citation="", sha256="0" * 64),
        neutral=NeutralInfo(start_s=0.0, end_s=2.0, origin="found", drift_deg=0.0),
        movements=movements,
        asymmetry=tuple(
            AsymmetryResult(
                pair=pair,
                left_deg=None,
                right_deg=None,
                difference_deg=None,
                percent=None,
                smaller_side=None,
                error_limit_deg=None,
                percent_limit=20.0,
                flag="could_not_judge",
                reason="",
            )
            for pair in ("rotation", "lateral")
        ),
        quality=Quality(
            frames_measured_percent=100.0,
            face_found_percent=100.0,
            warnings=(),
            first_turn=None,
            first_turn_note="",
            interval_note="",
        ),
        statement="Simulated.",
    )


def simulated_plan(*, people: int = 100, name: str = "Simulated study") -> Plan:
    """A plan for drawn people, with the usual visits and rules.

    Parameters
    ----------
    people : int
        3 to 5000.
    name : str

    Returns
    -------
    Plan
        Frozen, and marked as simulated.
    """
    tool = Tool(
        version="0.0.0",
        engine="simulated",
        model_sha256="0" * 64,
        estimator="simulated",
        calibration_id="simulated",
        settings_sha256=settings_hash({}),
        norms="article",
    )
    made = usual_plan(name, "crom", tool, created=date(2026, 1, 5), people=people)
    return made.model_copy(update={"simulated": True}).frozen()
