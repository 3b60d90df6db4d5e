"""Every kind of mistake is found at its file and line, and a clean study passes without a word."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from neckrom.study.checking import check_study
from neckrom.study.plan import StudyFolder

from .conftest import TODAY

PEOPLE, SESSIONS, READINGS = "data/people.csv", "data/sessions.csv", "data/readings.csv"
RESULT = "results/p003_2/result.json"


@dataclass
class Lines:
    """A table as rows of cells; line 1 is the heading."""

    path: Path
    rows: list[list[str]]

    @classmethod
    def of(cls, study: StudyFolder, name: str) -> Lines:
        path = study.root / name
        with path.open(newline="", encoding="utf-8") as file:
            return cls(path, list(csv.reader(file)))

    def column(self, name: str) -> int:
        return self.rows[0].index(name)

    def get(self, line: int, name: str) -> str:
        return self.rows[line - 1][self.column(name)]

    def set(self, line: int, name: str, value: str) -> None:
        self.rows[line - 1][self.column(name)] = value

    def lines_of(self, person: str, session: str, movement: str = "") -> list[int]:
        return [
            number
            for number, row in enumerate(self.rows, start=1)
            if row[:2] == [person, session] and (not movement or row[2] == movement)
        ]

    def save(self) -> None:
        with self.path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(self.rows)


def cell(name: str, line: int, column: str, value: str) -> Callable[[StudyFolder], None]:
    def spoil(study: StudyFolder) -> None:
        table = Lines.of(study, name)
        table.set(line, column, value)
        table.save()

    return spoil


def text(name: str, change: Callable[[str], str]) -> Callable[[StudyFolder], None]:
    def spoil(study: StudyFolder) -> None:
        path = study.root / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    return spoil


def twice(name: str, line: int, **changed: str) -> Callable[[StudyFolder], None]:
    """A row once more at the end, with other cells."""

    def spoil(study: StudyFolder) -> None:
        table = Lines.of(study, name)
        table.rows.append(list(table.rows[line - 1]))
        for column, value in changed.items():
            table.set(len(table.rows), column, value)
        table.save()

    return spoil


def without(name: str, line: int) -> Callable[[StudyFolder], None]:
    def spoil(study: StudyFolder) -> None:
        table = Lines.of(study, name)
        del table.rows[line - 1]
        table.save()

    return spoil


def radians(study: StudyFolder) -> None:
    table = Lines.of(study, READINGS)
    for line in table.lines_of("p003", "2"):
        table.set(line, "reading_deg", f"{float(table.get(line, 'reading_deg')) / 57.2958:.3f}")
    table.save()


def swapped(study: StudyFolder) -> None:
    """Somebody who turns far to one side only, with the sides of the reference exchanged."""
    path = study.results / "p003_2" / "result.json"
    result = json.loads(path.read_text())
    table = Lines.of(study, READINGS)
    for movement, side in (("rotation_left", 35.0), ("rotation_right", 80.0)):
        item = next(each for each in result["movements"] if each["movement"] == movement)
        item["best_deg"] = side
        for trial in item["trials"]:
            trial["peak_deg"] = side
        for line in table.lines_of("p003", "2", movement):
            table.set(line, "reading_deg", "79" if movement == "rotation_left" else "36")
    path.write_text(json.dumps(result))
    table.save()


def other_zero(study: StudyFolder) -> None:
    table = Lines.of(study, READINGS)
    for line in table.lines_of("p003", "2"):
        by = {"flexion": 20, "extension": -20}.get(table.get(line, "movement"), 0)
        table.set(line, "reading_deg", f"{float(table.get(line, 'reading_deg')) + by:.1f}")
    table.save()


def far_off(study: StudyFolder) -> None:
    table = Lines.of(study, READINGS)
    line = table.lines_of("p003", "2", "rotation_left")[1]
    table.set(line, "reading_deg", f"{float(table.get(line, 'reading_deg')) - 40:.1f}")
    table.save()


def copied(study: StudyFolder) -> None:
    table = Lines.of(study, READINGS)
    for line, other in zip(table.lines_of("p003", "2"), table.lines_of("p003", "1"), strict=True):
        table.set(line, "reading_deg", table.get(other, "reading_deg"))
    table.save()


def negative_extension(study: StudyFolder) -> None:
    table = Lines.of(study, READINGS)
    for line in table.lines_of("p003", "2", "extension"):
        table.set(line, "reading_deg", f"-{table.get(line, 'reading_deg')}")
    table.save()


def fewer(study: StudyFolder) -> None:
    for name in (PEOPLE, SESSIONS, READINGS):
        table = Lines.of(study, name)
        table.rows = [row for row in table.rows if not (row[0] >= "p009" and row[0] != "person")]
        table.save()
    for path in study.results.glob("p0*"):
        if path.name >= "p009":
            shutil.rmtree(path)


def renamed_folders(study: StudyFolder) -> None:
    """Two recordings with their names exchanged."""
    one, other = study.results / "p003_1", study.results / "p003_2"
    one.rename(study.results / "aside")
    other.rename(one)
    (study.results / "aside").rename(other)


def result_field(name: str, *path: str, value: object) -> Callable[[StudyFolder], None]:
    def spoil(study: StudyFolder) -> None:
        place = study.results / name / "result.json"
        result = json.loads(place.read_text())
        inner = result
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        place.write_text(json.dumps(result))

    return spoil


def half_with_another_version(study: StudyFolder) -> None:
    for path in sorted(study.results.glob("*"))[::2]:
        result_field(path.name, "tool", "version", value="9.9.9")(study)


def same_clip(study: StudyFolder) -> None:
    first = json.loads((study.results / "p001_1" / "result.json").read_text())
    result_field("p003_2", "clip", "sha256", value=first["clip"]["sha256"])(study)


def minutes(study: StudyFolder) -> None:
    table = Lines.of(study, READINGS)
    line = table.lines_of("p003", "2", "flexion")[0]
    table.set(line, "time_s", "1020")
    table.save()


def times_fall(study: StudyFolder) -> None:
    table = Lines.of(study, READINGS)
    for line, time in zip(table.lines_of("p003", "2", "flexion"), ("30", "20", "40"), strict=True):
        table.set(line, "time_s", time)
    table.save()


def a_trial_set_aside(study: StudyFolder) -> None:
    place = study.results / "p003_2" / "result.json"
    result = json.loads(place.read_text())
    del result["movements"][0]["trials"][1]
    place.write_text(json.dumps(result))


def another_plan(study: StudyFolder) -> None:
    path = study.plan
    path.write_text(path.read_text().replace("bias_deg = 3.0", "bias_deg = 6.0"))


def one_in_radians(study: StudyFolder) -> None:
    table = Lines.of(study, READINGS)
    table.set(table.lines_of("p003", "2", "rotation_left")[1], "reading_deg", "1.22")
    table.save()


def flexion_as_extension(study: StudyFolder) -> None:
    """The names of two directions exchanged in a session of somebody whose ranges differ."""
    place = study.results / "p003_2" / "result.json"
    result = json.loads(place.read_text())
    table = Lines.of(study, READINGS)
    for number, angle in ((0, 60.0), (1, 40.0)):
        for trial in result["movements"][number]["trials"]:
            trial["peak_deg"] = angle
    place.write_text(json.dumps(result))
    for line in table.lines_of("p003", "2", "flexion"):
        table.set(line, "reading_deg", "39")
    for line in table.lines_of("p003", "2", "extension"):
        table.set(line, "reading_deg", "59")
    table.save()


def a_slip_without_a_result(study: StudyFolder) -> None:
    table = Lines.of(study, SESSIONS)
    line = table.lines_of("p003", "2")[0]
    table.set(line, "outcome", "failed")
    table.set(line, "reason", "dark")
    table.save()
    shutil.rmtree(study.results / "p003_2")
    far_off(study)


MISTAKES: dict[str, tuple[Callable[[StudyFolder], None], str, str, bool]] = {
    # name: how it is made, kind, file, grave
    "decimal comma": (cell(READINGS, 5, "reading_deg", "52,5"), "decimal_comma", READINGS, True),
    "decimal comma without quotes": (
        text(READINGS, lambda given: given.replace("flexion,1,", "flexion,1,5,", 1)), "cells", READINGS, True),
    "a unit in the cell": (cell(READINGS, 5, "reading_deg", "52 deg"), "unit", READINGS, True),
    "a degree sign": (cell(READINGS, 5, "reading_deg", "52°"), "unit", READINGS, True),
    "no number": (cell(READINGS, 5, "reading_deg", "n/a"), "not_a_number", READINGS, True),
    "infinite": (cell(READINGS, 5, "reading_deg", "inf"), "not_a_number", READINGS, True),
    "empty reading": (cell(READINGS, 5, "reading_deg", ""), "empty", READINGS, True),
    "impossible angle": (cell(READINGS, 2, "reading_deg", "98"), "impossible", READINGS, True),
    "impossible age": (cell(PEOPLE, 3, "age", "440"), "impossible", PEOPLE, True),
    "extension as negative": (negative_extension, "negative", READINGS, True),
    "radians": (radians, "radians", READINGS, True),
    "left and right swapped": (swapped, "sides_swapped", READINGS, True),
    "one trial in radians": (one_in_radians, "radians", READINGS, True),
    "flexion as extension": (flexion_as_extension, "sides_swapped", READINGS, True),
    "a slip where nothing was measured": (a_slip_without_a_result, "uneven_trials", READINGS, False),
    "reader and operator the same": (cell(READINGS, 2, "reader", "A"), "not_blind", READINGS, False),
    "a path for a recording": (cell(SESSIONS, 5, "recording", "/etc/../x"), "name", SESSIONS, True),
    "a date that is none": (cell(SESSIONS, 5, "date", "2026-02-30"), "date", SESSIONS, True),
    "a formula": (cell(READINGS, 5, "reading_deg", "=50+2"), "not_a_number", READINGS, True),
    "zero not set": (other_zero, "zero", READINGS, True),
    "a slip of the pen": (far_off, "far_off", READINGS, False),
    "unknown movement": (cell(READINGS, 5, "movement", "rotation"), "unknown_movement", READINGS, True),
    "unknown person": (cell(READINGS, 5, "person", "p099"), "unknown_person", READINGS, True),
    "person in capitals": (cell(SESSIONS, 5, "person", "P002"), "unknown_person", SESSIONS, True),
    "unknown session": (cell(READINGS, 5, "session", "4"), "unknown_session", READINGS, True),
    "reading twice": (twice(READINGS, 5), "duplicate", READINGS, True),
    "reading twice, differently": (twice(READINGS, 5, reading_deg="40"), "duplicate", READINGS, True),
    "session twice": (twice(SESSIONS, 5), "duplicate", SESSIONS, True),
    "person twice": (twice(PEOPLE, 5), "duplicate", PEOPLE, True),
    "person in two strata": (twice(PEOPLE, 5, skin_tone="dark", size="small"), "two_strata", PEOPLE, True),
    "pain in those without": (cell(PEOPLE, 11, "pain_nprs", "6"), "two_strata", PEOPLE, True),
    "unknown stratum": (cell(PEOPLE, 5, "skin_tone", "brown"), "unknown_choice", PEOPLE, True),
    "missing trial": (without(READINGS, 9), "missing_trials", SESSIONS, True),
    "trial that was not planned": (cell(READINGS, 7, "trial", "4"), "trial_number", READINGS, True),
    "missing session": (without(SESSIONS, 9), "missing_session", PEOPLE, True),
    "readings copied": (copied, "copied", READINGS, True),
    "another date format": (cell(SESSIONS, 5, "date", "14.03.2026"), "date", SESSIONS, True),
    "days of one day differ": (cell(SESSIONS, 3, "date", "2026-02-27"), "date_order", SESSIONS, True),
    "later before earlier": (cell(SESSIONS, 4, "date", "2026-01-05"), "date_order", SESSIONS, True),
    "before the plan": (cell(SESSIONS, 4, "date", "2025-01-05"), "date_order", SESSIONS, True),
    "not been yet": (cell(SESSIONS, 4, "date", "2031-01-05"), "future_date", SESSIONS, True),
    "too late": (cell(SESSIONS, 4, "date", "2026-04-20"), "days_between", SESSIONS, False),
    "time of the day": (cell(SESSIONS, 5, "time", "2.30 pm"), "clock", SESSIONS, True),
    "unknown operator": (cell(SESSIONS, 5, "operator", "Q"), "unknown_operator", SESSIONS, True),
    "same operator twice": (cell(SESSIONS, 3, "operator", "A"), "same_operator", SESSIONS, False),
    "recording renamed in the table": (cell(SESSIONS, 5, "recording", "p002-1"), "no_result", SESSIONS, True),
    "recordings exchanged": (renamed_folders, "renamed", "results/p003_1/result.json", True),
    "recording of two sessions": (cell(SESSIONS, 5, "recording", "p001_1"), "recording_twice", SESSIONS, True),
    "no recording": (cell(SESSIONS, 5, "recording", ""), "no_recording", SESSIONS, True),
    "the same clip under two names": (same_clip, "same_clip", RESULT, True),
    "another version for half": (half_with_another_version, "other_tool", "results/p001_1/result.json", True),
    "another calibration": (
        result_field("p003_2", "tool", "calibration_id", value="x"), "other_tool", RESULT, True),
    "another lens": (
        result_field("p003_2", "configuration", "hfov_deg", value=60.0), "other_tool", RESULT, True),
    "other thresholds": (
        result_field("p003_2", "configuration", "settings", value={"rom.x": 1.0}), "other_tool", RESULT, True),
    "mirrored": (
        result_field("p003_2", "configuration", "mirrored", value=True), "mirrored", RESULT, False),
    "damaged result": (text(RESULT, lambda given: given[:900]), "damaged_result", RESULT, True),
    "minutes for seconds": (minutes, "time", READINGS, True),
    "times that fall": (times_fall, "time", READINGS, True),
    "fewer trials than readings": (a_trial_set_aside, "unpaired", READINGS, False),
    "fewer than ten people": (fewer, "too_few_people", PEOPLE, True),
    "semicolons": (text(PEOPLE, lambda given: given.replace(",", ";")), "separator", PEOPLE, True),
    "missing column": (
        text(PEOPLE, lambda given: given.replace("skin_tone", "skin", 1)), "missing_column", PEOPLE, True),
    "another encoding": (
        lambda study: (study.root / PEOPLE).write_bytes((study.root / PEOPLE).read_bytes() + b"\xff\xfe\n"),
        "not_utf8", PEOPLE, True),
    "missing table": (lambda study: (study.root / READINGS).unlink(), "missing_file", READINGS, True),
    "plan changed": (another_plan, "plan_changed", "study.toml", True),
    "failed without a reason": (cell(SESSIONS, 5, "outcome", "failed"), "no_reason", SESSIONS, False),
    "missed, but read": (cell(SESSIONS, 5, "outcome", "missed"), "readings_of_missed", SESSIONS, True),
}  # fmt: skip

LINES = {
    "decimal comma": 5,
    "a unit in the cell": 5,
    "impossible angle": 2,
    "unknown movement": 5,
    "reading twice": 542,
    "person in two strata": 12,
    "pain in those without": 11,
    "missing trial": 2,
    "later before earlier": 4,
    "unknown operator": 5,
    "recording of two sessions": 5,
    "trial that was not planned": 7,
}


def test_a_clean_study_passes_without_a_word(clean_study):
    loaded, problems = check_study(StudyFolder(clean_study), TODAY)
    assert problems == ()
    assert len(loaded.data.people) == 10 and len(loaded.results) == 50


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_found(study, name):
    spoil, kind, file, grave = MISTAKES[name]
    spoil(study)
    _, problems = check_study(study, TODAY)
    found = [problem for problem in problems if problem.kind == kind and problem.file == file]
    assert found, f"{name}: only {[(each.kind, each.place) for each in problems]}"
    assert found[0].grave is grave
    assert found[0].said.endswith((".", "?", '"')) and len(found[0].said) > 20
    if name in LINES:
        assert LINES[name] in [each.line for each in found]
    if not grave:
        assert not any(each.grave for each in problems), [each.said for each in problems if each.grave]


def test_half_of_another_version_is_told_for_each(study):
    half_with_another_version(study)
    _, problems = check_study(study, TODAY)
    assert sum(problem.kind == "other_tool" for problem in problems) == 25
    assert "9.9.9" in problems[0].said


def test_sides_swapped_in_the_whole_table_are_told_of_the_whole_table(study):
    table = study.root / READINGS
    given = table.read_text()
    swap = {"left": "right", "right": "left"}
    table.write_text(re.sub(r"(rotation|lateral)_(left|right)", lambda at: f"{at[1]}_{swap[at[2]]}", given))
    _, problems = check_study(study, TODAY)
    of_all = [problem for problem in problems if problem.kind == "sides_swapped" and problem.line == 0]
    assert len(of_all) == 2
    assert "probably in all of the table" in of_all[0].said


def test_a_habit_of_the_whole_table_is_told_before_its_rows(study):
    """Minus throughout, radians throughout: one line that says what to do comes first."""
    table = study.root / READINGS
    given = table.read_text()
    table.write_text(re.sub(r"(,extension,\d,)(?=\d)", r"\1-", given))
    _, problems = check_study(study, TODAY)
    assert problems[0].kind == "negative_everywhere"
    assert "of extension are negative" in problems[0].said
    assert not any(problem.kind == "far_off" for problem in problems), "of the same rows"
    table.write_text(
        re.sub(r"(?<=,\d,)[\d.]+(?=,)", lambda at: f"{float(at[0]) * 0.017453:.3f}", given),
    )
    _, problems = check_study(study, TODAY)
    assert problems[0].kind == "radians_everywhere"


def test_three_wrong_rows_are_no_habit_of_the_table(study):
    table = study.root / READINGS
    table.write_text(re.sub(r"(p00[1]\b.*,extension,\d,)(?=\d)", r"\1-", table.read_text()))
    _, problems = check_study(study, TODAY)
    kinds = {problem.kind for problem in problems}
    assert "negative" in kinds and "negative_everywhere" not in kinds


@pytest.mark.parametrize("name", ["missing table", "semicolons"])
def test_a_table_that_cannot_be_read_is_told_alone(study, name):
    """Not every person and session as missing, with the cause somewhere among them."""
    MISTAKES[name][0](study)
    _, problems = check_study(study, TODAY)
    assert [problem.kind for problem in problems] == [MISTAKES[name][1]]


def test_a_result_that_cannot_be_read_is_told_once(study):
    (study.root / RESULT).write_text("{")
    _, problems = check_study(study, TODAY)
    assert [problem.kind for problem in problems] == ["damaged_result"]
    assert "validation" not in problems[0].said


def test_no_message_tells_what_was_measured(study):
    """Who reads the reference stays blind."""
    far_off(study)
    _, problems = check_study(study, TODAY)
    result = json.loads((study.results / "p003_2" / "result.json").read_text())
    best = next(item for item in result["movements"] if item["movement"] == "rotation_left")["best_deg"]
    assert problems
    assert not any(f"{best:.0f}" in problem.said for problem in problems)


def test_whatever_stands_in_the_files_nothing_breaks(clean_study, tmp_path):
    """Bytes changed, cut and doubled at random: always a list of problems, never a failure."""
    random = Random(3)
    for number in range(12):
        root = tmp_path / str(number)
        shutil.copytree(clean_study, root)
        for name in (PEOPLE, SESSIONS, READINGS, RESULT):
            path = root / name
            content = bytearray(path.read_bytes())
            for _ in range(random.randint(1, 8)):
                at = random.randrange(len(content))
                content[at : at + random.randint(0, 3)] = random.choice(
                    [
                        b"",
                        b",",
                        b'"',
                        b"\n",
                        b"\x00",
                        b"\xff",
                        b"-1e999",
                        b"nan",
                        b";",
                        "٣".encode(),
                        b"9" * 40,
                    ]
                )
            path.write_bytes(content)
        check_study(StudyFolder(root), TODAY)
