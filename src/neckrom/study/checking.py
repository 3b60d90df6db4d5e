"""What is missing or inconsistent in a study, by file and line.

Grave problems would make the analysis wrong; the others are to be looked at. Values of camera and reference are
compared to find rows that cannot be right (sides swapped, radians, zero not set), but what a message says never tells
one from the other: who reads the reference stays blind.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from statistics import median

from neckrom.result import Result
from neckrom.study.data import Loaded, Pair, Session, load_study, pairs_of
from neckrom.study.plan import PLAN, StudyFolder, tool_of
from neckrom.study.problems import Problem
from neckrom.study.tables import PEOPLE, READINGS, SESSIONS, TABLES, Row, Table, date_of
from neckrom.types import MOVEMENTS, PAIRS, Movement

FEWEST_PEOPLE = 10
"""Below it no statistics are worth their name."""
_FAR_DEG = 25.0
"""A reading further from what was measured is looked at again."""
_RADIANS = 2.1
"""A reading below may be in radians: 2.1 are 120 degrees, more than any neck moves."""
_ZERO_DEG = 15.0
"""The two directions of a plane that differ from the camera by more, in opposite senses, had another zero."""
_TRIALS_DEG = 20.0
"""A trial further from the median of its direction is looked at again."""
_SWAP_DEG = 8.0
"""Sides that the camera has closer together than this do not tell whether readings were exchanged."""
_SWAP_SHARE = 0.4
"""Sides were exchanged if the readings lie nearer to the other side by so much: this share of the distance to their
own."""
_SEVERAL = 3
"""From so many on a mistake may be of the whole table, not a slip."""
_ROUND = 10
"""Readings that a block must have to be taken for pasted twice: fewer may be alike by chance."""

Rule = Callable[[Loaded], Iterator[Problem]]


def check_study(folder: StudyFolder, today: date) -> tuple[Loaded, tuple[Problem, ...]]:
    """Read a study and say what is wrong with it, by file and line.

    Parameters
    ----------
    folder : StudyFolder
    today : date
        Later dates are mistakes.

    Returns
    -------
    loaded : Loaded
    problems : tuple of Problem
        The plan first, then the tables in their order, then other files; by line in each.

    Raises
    ------
    ConfigurationError
        If ``study.toml`` cannot be read.
    """
    loaded = load_study(folder)
    found = list(loaded.problems)
    for rule in _RULES_OF_RESULTS if _unread(loaded) else _RULES:
        found += rule(loaded)
    found += _future(loaded, today)
    order = {PLAN: -1} | {table.file: number for number, table in enumerate(TABLES)}
    found.sort(key=lambda problem: (order.get(problem.file, len(order)), problem.file, problem.line))
    return loaded, tuple(found)


def _unread(loaded: Loaded) -> bool:
    """Whether a table could not be read at all: then everything would seem to be missing, which tells nothing."""
    needed = {table.file for table in (PEOPLE, SESSIONS, READINGS)}
    return any(problem.file in needed and problem.line <= 1 for problem in loaded.problems)


# ------------------------------------------------------------------------- plan


def _changed_plan(loaded: Loaded) -> Iterator[Problem]:
    plan = loaded.data.plan
    if not plan.is_frozen:
        said = (
            "The plan was changed after it was frozen. Put it back, or say why it had to change: "
            'neckrom study freeze DIR --reason "..."'
        )
        yield Problem("plan_changed", PLAN, 0, said)


def _too_few(loaded: Loaded) -> Iterator[Problem]:
    data = loaded.data
    paired = {pair.person for pair in data.pairs if pair.comparable}
    if len(paired) < FEWEST_PEOPLE:
        said = (
            f"{len(paired)} people have a reading beside a measured trial: with fewer than {FEWEST_PEOPLE} nothing "
            "can "
            "be said of a population."
        )
        yield Problem("too_few_people", PEOPLE.file, 0, said)
    elif len(data.people) < data.plan.people:
        said = f"{len(data.people)} of {data.plan.people} planned people are enrolled."
        yield Problem("fewer_than_planned", PEOPLE.file, 0, said, grave=False)
    with_pain = sum(person.has_pain for person in data.people)
    if len(data.people) >= data.plan.people and with_pain < data.plan.people_with_pain:
        said = f"{with_pain} of {data.plan.people_with_pain} planned people with neck pain are enrolled."
        yield Problem("fewer_than_planned", PEOPLE.file, 0, said, grave=False)


# -------------------------------------------------------------------------- rows


def _twice(loaded: Loaded) -> Iterator[Problem]:
    for table in TABLES:
        first: dict[tuple[str, ...], Row] = {}
        for row in loaded.rows[table.name]:
            key = tuple(row[name] for name in table.key)
            if not all(key):
                continue
            if key in first:
                yield _same_key(table, first[key], row)
            else:
                first[key] = row


def _same_key(table: Table, first: Row, row: Row) -> Problem:
    named = ", ".join(f"{name} {row[name]}" for name in table.key)
    if table is PEOPLE and any(
        first[name] != row[name]
        for name in ("group", "age", "sex", "skin_tone", "hair", "beard", "glasses", "size")
    ):
        said = (
            f"{named} stands in line {first.line} already, in other strata: a person belongs to one. Keep the right "
            "row."
        )
        return Problem("two_strata", table.file, row.line, said)
    said = f"{named} stands in line {first.line} already: keep the right row."
    return Problem("duplicate", table.file, row.line, said)


def _contradicting_group(loaded: Loaded) -> Iterator[Problem]:
    for row in loaded.rows["people"]:
        if row["group"] == "no_pain" and row.numbers.get("pain_nprs", 0.0) > 0:
            said = f"{row['person']} is enrolled without neck pain, but has pain {row['pain_nprs']} now."
            yield Problem("two_strata", PEOPLE.file, row.line, said)


def _unknown_names(loaded: Loaded) -> Iterator[Problem]:
    people = {person.id for person in loaded.data.people}
    folded = {name.casefold(): name for name in people}
    planned = {(session.person, session.id) for session in loaded.data.sessions}
    visits = {visit.id for visit in loaded.data.plan.visits}
    said: set[tuple[str, str]] = set()
    for table in TABLES[1:]:
        for row in loaded.rows[table.name]:
            person, session = row["person"], row["session"]
            if person and person not in people:
                meant = folded.get(person.casefold())
                hint = f"; {meant} is" if meant else ""
                yield Problem(
                    "unknown_person", table.file, row.line, f"{person} is not in {PEOPLE.file}{hint}."
                )
            elif session and session not in visits:
                known = ", ".join(sorted(visits))
                yield Problem(
                    "unknown_session", table.file, row.line, f"Session {session} is not in {PLAN}: {known}."
                )
            elif table is not SESSIONS and (person, session) not in planned | said and person and session:
                said.add((person, session))
                text = f"Session {session} of {person} is not in {SESSIONS.file}."
                yield Problem("unknown_session", table.file, row.line, text)


def _operators(loaded: Loaded) -> Iterator[Problem]:
    plan = loaded.data.plan
    by_person: dict[str, list[Session]] = defaultdict(list)
    for session in loaded.data.sessions:
        if session.operator and session.operator not in plan.operators:
            known = ", ".join(plan.operators)
            said = f"Operator {session.operator} is not in {PLAN}: {known}."
            yield Problem("unknown_operator", SESSIONS.file, session.line, said)
        if session.id in plan.same_day and session.outcome == "done":
            by_person[session.person].append(session)
    for own in by_person.values():
        if len(plan.operators) > 1 and len(own) > 1 and len({session.operator for session in own}) == 1:
            said = f"The sessions of the first day of {own[0].person} were led by the same operator: two were planned."
            yield Problem("same_operator", SESSIONS.file, own[-1].line, said, grave=False)


# ------------------------------------------------------------------------- dates


def _dates(loaded: Loaded) -> Iterator[Problem]:
    plan = loaded.data.plan
    by_person: dict[str, dict[str, Session]] = defaultdict(dict)
    for session in loaded.data.sessions:
        by_person[session.person].setdefault(session.id, session)
        if session.day is not None and session.day < plan.created:
            said = f"{session.day} lies before the study was planned ({plan.created})."
            yield Problem("date_order", SESSIONS.file, session.line, said)
    for own in by_person.values():
        yield from _dates_of_person(loaded, own)


def _dates_of_person(loaded: Loaded, own: dict[str, Session]) -> Iterator[Problem]:
    plan = loaded.data.plan
    days = [(own[visit.id], visit.day) for visit in plan.of_everybody if visit.id in own]
    known = [(session, day) for session, day in days if session.day is not None and session.outcome == "done"]
    first = [session for session, day in known if day == "first"]
    for session in first[1:]:
        if session.day != first[0].day:
            said = (
                f"Sessions {first[0].id} and {session.id} of {session.person} are planned for one day; the dates "
                "differ."
            )
            yield Problem("date_order", SESSIONS.file, session.line, said)
    for session, day in known:
        if day != "later" or not first or session.day is None or first[0].day is None:
            continue
        apart = (session.day - first[0].day).days
        low, high = plan.days_between
        if apart <= 0:
            said = f"Session {session.id} of {session.person} is to come after session {first[0].id}."
            yield Problem("date_order", SESSIONS.file, session.line, said)
        elif not low <= apart <= high:
            said = (
                f"Session {session.id} of {session.person} came {apart} days after the first; planned were {low} to "
                f"{high}."
            )
            yield Problem("days_between", SESSIONS.file, session.line, said, grave=False)


def _future(loaded: Loaded, today: date) -> Iterator[Problem]:
    for row in loaded.rows["sessions"]:
        day = date_of(row)
        if day is not None and day > today:
            yield Problem("future_date", SESSIONS.file, row.line, f"{day} has not been yet.")


# ------------------------------------------------------------- sessions, recordings


def _missing_sessions(loaded: Loaded) -> Iterator[Problem]:
    data = loaded.data
    planned = {(session.person, session.id) for session in data.sessions}
    for person in data.people:
        gone = [visit.id for visit in data.plan.of_everybody if (person.id, visit.id) not in planned]
        if gone:
            said = (
                f"{person.id} has no row for session {', '.join(gone)} in {SESSIONS.file}: add it, with the outcome "
                "missed or failed where it was not done."
            )
            yield Problem("missing_session", PEOPLE.file, person.line, said)
    for row in loaded.rows["sessions"]:
        if row["outcome"] in ("failed", "stopped", "missed") and not row["reason"]:
            said = f"The outcome is {row['outcome']}, but no reason is given."
            yield Problem("no_reason", SESSIONS.file, row.line, said, grave=False)


def _recordings(loaded: Loaded) -> Iterator[Problem]:
    used: dict[str, Session] = {}
    for session in loaded.data.sessions:
        if not session.recording:
            if session.outcome == "done":
                said = "The session was done, but no recording is named."
                yield Problem("no_recording", SESSIONS.file, session.line, said)
            continue
        if session.recording in used:
            said = (
                f"The recording {session.recording} belongs to line {used[session.recording].line} already."
            )
            yield Problem("recording_twice", SESSIONS.file, session.line, said)
        used.setdefault(session.recording, session)
        if session.result is None and not _damaged(session.recording, loaded):
            clip = any(path.stem == session.recording for path in _clips(loaded))
            if session.outcome == "done" or clip:
                said = (
                    f"There is no result results/{session.recording}/result.json: measure the recording, or was it "
                    "renamed?"
                )
                yield Problem("no_result", SESSIONS.file, session.line, said)
    for name in sorted(set(loaded.results) - set(used)):
        said = f"No session in {SESSIONS.file} names this recording: was it renamed, or is a row missing?"
        yield Problem("unknown_recording", f"results/{name}/result.json", 0, said)


def _damaged(recording: str, loaded: Loaded) -> bool:
    """Whether there is a result of a recording that could not be read, which is said of it already."""
    place = f"results/{recording}/result.json"
    return any(problem.file == place for problem in loaded.problems)


def _clips(loaded: Loaded) -> list[Path]:
    """The recordings that lie in the study; none where they are kept elsewhere."""
    return list(loaded.folder.clips.iterdir()) if loaded.folder.clips.is_dir() else []


def _renamed(loaded: Loaded) -> Iterator[Problem]:
    clips: dict[str, str] = {}
    names = set(loaded.results)
    for name, result in loaded.results.items():
        place = f"results/{name}/result.json"
        stem = result.clip.name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        if result.session is None and stem != name and (stem in names or _looks_like(stem, loaded)):
            said = (
                f"It was measured from {result.clip.name}: the folder was renamed, or the clip. Put it back under "
                f"the name {stem}, once you have seen which is right."
            )
            yield Problem("renamed", place, 0, said)
        if result.clip.sha256 in clips:
            said = (
                f"It holds the same recording as results/{clips[result.clip.sha256]}: one is somebody else's."
            )
            yield Problem("same_clip", place, 0, said)
        clips.setdefault(result.clip.sha256, name)


def _looks_like(stem: str, loaded: Loaded) -> bool:
    """Whether a clip is named as one of this study's recordings are."""
    return any(session.recording == stem for session in loaded.data.sessions)


def _tool(loaded: Loaded) -> Iterator[Problem]:
    plan = loaded.data.plan
    told: Counter[str] = Counter()
    for name, result in loaded.results.items():
        changed = plan.tool.differences(result)
        if not changed:
            continue
        other = tool_of(result)
        what = "; ".join(
            f"{each} is {_short(getattr(other, each))}, frozen {_short(getattr(plan.tool, each))}"
            for each in changed
        )
        told[what] += 1
        said = f"It was not measured as frozen: {what}. Measure the recording again with the frozen tool and options."
        yield Problem("other_tool", f"results/{name}/result.json", 0, said)
    for what, number in told.items():
        if number >= _SEVERAL:
            said = f"{number} of {len(loaded.results)} results were not measured as frozen: {what}. Each is named."
            yield Problem("other_tool_several", PLAN, 0, said)


def _short(value: object) -> str:
    text = "not stated" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:12]}…"


# ------------------------------------------------------------------------ readings


def _missing_readings(loaded: Loaded) -> Iterator[Problem]:
    plan = loaded.data.plan
    of_some = {visit.id for visit in plan.visits if visit.extra}
    for session in loaded.data.sessions:
        if session.id in of_some and not session.readings:
            continue
        if session.outcome != "done":
            if session.outcome == "missed" and (session.readings or session.result is not None):
                said = f"The session was missed, but has readings ({len(session.readings)}) or a result."
                yield Problem("readings_of_missed", SESSIONS.file, session.line, said)
            continue
        gone = []
        for movement in MOVEMENTS:
            trials = [reading.trial for reading in session.read(movement)]
            missing = [str(trial) for trial in range(1, plan.trials + 1) if trial not in trials]
            if missing:
                gone.append(f"{movement.value} {', '.join(missing)}")
        if gone:
            said = (
                f"Session {session.id} of {session.person} lacks readings: {'; '.join(gone)}. Type them in; where "
                "nothing was read, set the outcome to stopped and say why."
            )
            yield Problem("missing_trials", SESSIONS.file, session.line, said)
        extra = [reading for reading in session.readings if reading.trial > plan.trials]
        for reading in extra:
            said = f"Trial {reading.trial}: {plan.trials} of each direction are planned."
            yield Problem("trial_number", READINGS.file, reading.line, said)


def _times(loaded: Loaded) -> Iterator[Problem]:
    for session in loaded.data.sessions:
        timed = [reading for reading in session.readings if reading.time_s is not None]
        if not timed or session.result is None:
            continue
        long = session.result.clip.duration_s
        for reading in timed:
            assert reading.time_s is not None
            if reading.time_s > long + 1.0:
                said = (
                    f"time_s {reading.time_s:g} lies after the end of the recording ({long:.0f} s): minutes, or a "
                    "clock?"
                )
                yield Problem("time", READINGS.file, reading.line, said)
        for movement in MOVEMENTS:
            own = [reading for reading in session.read(movement) if reading.time_s is not None]
            for before, after in pairwise(own):
                if (after.time_s or 0.0) <= (before.time_s or 0.0):
                    said = f"time_s of trial {after.trial} does not come after that of trial {before.trial}."
                    yield Problem("time", READINGS.file, after.line, said)


def _copied(loaded: Loaded) -> Iterator[Problem]:
    """All readings of a session the same as those of another one: a block was pasted twice."""
    seen: dict[tuple[object, ...], Session] = {}
    for session in loaded.data.sessions:
        block = tuple(
            sorted((reading.movement.value, reading.trial, reading.deg) for reading in session.readings)
        )
        if len(block) < _ROUND:
            continue
        if block in seen:
            other = seen[block]
            said = f"All readings are those of session {other.id} of {other.person}: a block was copied."
            yield Problem("copied", READINGS.file, min(reading.line for reading in session.readings), said)
        seen.setdefault(block, session)


def _unpaired(loaded: Loaded) -> Iterator[Problem]:
    for session in loaded.data.sessions:
        if session.result is None:
            continue
        alone = [pair for pair in pairs_of(session) if pair.measured is None]
        for movement in MOVEMENTS:
            own = [pair for pair in alone if pair.movement is movement]
            found = session.result.of(movement)
            if own and found.trials:
                said = (
                    f"{_counted(len(session.read(movement)), 'reading')} of {movement.value} and "
                    f"{_counted(len(found.trials), 'measured trial')}: nobody can tell which belong together. Give "
                    "time_s for these readings, or they count as failures."
                )
                yield Problem("unpaired", READINGS.file, own[0].reading.line, said, grave=False)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# ----------------------------------------------------- readings that cannot be right


def _negative_everywhere(loaded: Loaded) -> Iterator[Problem]:
    """A direction that is typed with a minus throughout is a habit of the table, not many slips."""
    for movement in MOVEMENTS:
        own = [reading for session in loaded.data.sessions for reading in session.read(movement)]
        below = sum(reading.deg < 0 for reading in own)
        if below >= _SEVERAL and below > len(own) / 2:
            said = (
                f"{below} of {len(own)} readings of {movement.value} are negative: every direction counts positive, "
                "so take the minus away in all of the table."
            )
            yield Problem("negative_everywhere", READINGS.file, 0, said)


def _radians_everywhere(loaded: Loaded) -> Iterator[Problem]:
    sessions = [[pair for pair in pairs_of(session) if pair.comparable] for session in loaded.data.sessions]
    told = [sum(map(_in_radians, pairs)) > len(pairs) / 2 for pairs in sessions if pairs]
    if sum(told) >= _SEVERAL and sum(told) > len(told) / 2:
        said = (
            f"The readings of {sum(told)} of {len(told)} sessions look like radians, so probably all of the table: "
            "multiply by 57.2958 to get degrees."
        )
        yield Problem("radians_everywhere", READINGS.file, 0, said)


def _implausible(loaded: Loaded) -> Iterator[Problem]:
    for session in loaded.data.sessions:
        pairs = [pair for pair in pairs_of(session) if pair.comparable]
        if pairs:
            yield from _implausible_session(session, pairs)


def _implausible_session(session: Session, pairs: Sequence[Pair]) -> Iterator[Problem]:
    """What is wrong with the whole session stands for what is wrong with its rows."""
    line = min(reading.line for reading in session.readings)
    named = f"session {session.id} of {session.person}"
    tiny = [pair for pair in pairs if _in_radians(pair)]
    if len(tiny) > len(pairs) / 2:
        said = f"The readings of {named} look like radians: write degrees."
        yield Problem("radians", READINGS.file, line, said)
        return
    swapped = _swapped(pairs)
    if swapped:
        said = (
            f"Two directions look exchanged in {named} ({', '.join(swapped)}): sides are the person's. Look at the "
            "form, and whether the recording is mirrored."
        )
        yield Problem("sides_swapped", READINGS.file, line, said)
        return
    if _other_zero(pairs):
        said = f"The readings of {named} look as if the device had not been set to zero: look at the form."
        yield Problem("zero", READINGS.file, line, said)
        return
    for pair in tiny:
        said = f"Trial {pair.reading.trial} of {pair.movement.value} looks like radians, or was not read."
        yield Problem("radians", READINGS.file, pair.reading.line, said)
    for pair in pairs:
        if pair not in tiny and pair.reading.deg >= 0 and abs(pair.difference_deg) > _FAR_DEG:
            said = (
                f"Trial {pair.reading.trial} of {pair.movement.value} is more than {_FAR_DEG:g} deg from what was "
                "measured: look at the form for a slip of the pen. If it stands there, it stays."
            )
            yield Problem("far_off", READINGS.file, pair.reading.line, said, grave=False)


def _uneven_trials(loaded: Loaded) -> Iterator[Problem]:
    """A reading far from the others of its direction and session, also where nothing was measured."""
    for session in loaded.data.sessions:
        for movement in MOVEMENTS:
            own = session.read(movement)
            if len(own) < 3:
                continue
            middle = median(reading.deg for reading in own)
            for reading in own:
                if abs(reading.deg - middle) > _TRIALS_DEG:
                    said = (
                        f"Trial {reading.trial} of {movement.value} is more than {_TRIALS_DEG:g} deg from the other "
                        "trials: look at the form for a slip of the pen. If it stands there, it stays."
                    )
                    yield Problem("uneven_trials", READINGS.file, reading.line, said, grave=False)


def _not_blind(loaded: Loaded) -> Iterator[Problem]:
    readers: dict[tuple[str, str], tuple[str, int]] = {}
    for row in loaded.rows["readings"]:
        if row["reader"]:
            readers.setdefault((row["person"], row["session"]), (row["reader"], row.line))
    for session in loaded.data.sessions:
        reader, line = readers.get((session.person, session.id), ("", 0))
        if reader and reader == session.operator:
            said = (
                f"{reader} led session {session.id} of {session.person} and read the reference: who reads stays "
                "blind."
            )
            yield Problem("not_blind", READINGS.file, line, said, grave=False)


def _in_radians(pair: Pair) -> bool:
    measured = 0.0 if pair.measured is None else pair.measured.peak_deg
    # 15 degrees: a small angle in degrees is not one in radians
    return 0.0 < pair.reading.deg < _RADIANS and measured > 15.0


def _swapped(pairs: Sequence[Pair]) -> list[str]:
    """Pairs of directions whose readings fit the other one far better than their own."""
    told = _sides_told(pairs)
    return [name for name, exchanged in told.items() if exchanged]


def _sides_told(pairs: Sequence[Pair]) -> dict[str, bool]:
    """Of each pair of directions that differ enough to tell, whether they look exchanged."""
    told = {}
    for left, right in (*PAIRS, (Movement.FLEXION, Movement.EXTENSION)):
        read = {side: [pair.reading.deg for pair in pairs if pair.movement is side] for side in (left, right)}
        seen = {
            side: [
                pair.measured.peak_deg
                for pair in pairs
                if pair.movement is side and pair.measured is not None
            ]
            for side in (left, right)
        }
        if not all((*read.values(), *seen.values())):
            continue
        if abs(median(seen[left]) - median(seen[right])) > _SWAP_DEG:
            straight = _apart(read, seen, left, left) + _apart(read, seen, right, right)
            crossed = _apart(read, seen, left, right) + _apart(read, seen, right, left)
            told[f"{left.value} and {right.value}"] = crossed < _SWAP_SHARE * straight
    return told


def _swapped_everywhere(loaded: Loaded) -> Iterator[Problem]:
    """Two directions that look exchanged wherever it can be told are exchanged where it cannot, too."""
    told: dict[str, list[bool]] = defaultdict(list)
    for session in loaded.data.sessions:
        for name, exchanged in _sides_told([pair for pair in pairs_of(session) if pair.comparable]).items():
            told[name].append(exchanged)
    for name, found in told.items():
        if sum(found) >= _SEVERAL and sum(found) > len(found) / 2:
            said = (
                f"{name} look exchanged in {sum(found)} of {len(found)} sessions in which it can be told, so "
                "probably in all of the table: left and right are the person's."
            )
            yield Problem("sides_swapped", READINGS.file, 0, said)


def _apart(
    read: dict[Movement, list[float]], seen: dict[Movement, list[float]], one: Movement, other: Movement
) -> float:
    return abs(median(read[one]) - median(seen[other]))


def _other_zero(pairs: Sequence[Pair]) -> bool:
    """Flexion too large by as much as extension is too small, or the same between the sides."""
    middle = {
        movement: median(own)
        for movement in MOVEMENTS
        if (own := [pair.difference_deg for pair in pairs if pair.movement is movement])
    }
    planes = ((Movement.FLEXION, Movement.EXTENSION), *PAIRS)
    return any(
        one in middle
        and other in middle
        and min(abs(middle[one]), abs(middle[other])) > _ZERO_DEG
        and middle[one] * middle[other] < 0
        for one, other in planes
    )


def _extension_sign(loaded: Loaded) -> Iterator[Problem]:
    """A whole session whose readings of a direction are zero or below, where a movement was measured."""
    for session in loaded.data.sessions:
        for movement in MOVEMENTS:
            own = session.read(movement)
            item = session.measured(movement)
            if (
                own
                and item is not None
                and (item.best_deg or 0.0) > 10.0
                and all(each.deg == 0.0 for each in own)
            ):
                said = f"All readings of {movement.value} are 0: was the device read?"
                yield Problem("zero", READINGS.file, own[0].line, said)


def _mirrored(loaded: Loaded) -> Iterator[Problem]:
    """A recording of which it was said that it is mirrored, among others that are not."""
    stated: dict[bool, list[tuple[str, Result]]] = defaultdict(list)
    for name, result in loaded.results.items():
        stated[result.configuration.mirrored].append((name, result))
    if len(stated) == 2:
        fewer = min(stated.values(), key=len)
        for name, _ in fewer:
            said = "It was measured with another --mirrored than most of the study: look at the first turn."
            yield Problem("mirrored", f"results/{name}/result.json", 0, said, grave=False)


_RULES_OF_RESULTS: tuple[Rule, ...] = (_changed_plan, _tool, _mirrored)
"""What can be said without the tables."""

_RULES: tuple[Rule, ...] = (
    _changed_plan,
    _too_few,
    _twice,
    _contradicting_group,
    _unknown_names,
    _operators,
    _dates,
    _missing_sessions,
    _recordings,
    _renamed,
    _tool,
    _missing_readings,
    _times,
    _copied,
    _unpaired,
    _implausible,
    _swapped_everywhere,
    _negative_everywhere,
    _radians_everywhere,
    _uneven_trials,
    _not_blind,
    _extension_sign,
    _mirrored,
)
