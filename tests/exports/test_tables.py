"""CSV, Parquet and JSON, read back by other libraries than those that wrote them."""

from __future__ import annotations

import csv
import io
import stat

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.errors import InputError, OutputError, UnknownRecordError
from neckrom.exports.comma_separated import csv_bytes
from neckrom.exports.tables import Column
from neckrom.exports.write import Format, export_to
from neckrom.result import Result
from neckrom.types import MOVEMENTS, Movement


def rows_of(path) -> list[dict[str, str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_says_units_and_axes_and_holds_the_figures(clinic, tmp_path):
    done = export_to(clinic.records, clinic.person, Format.CSV, tmp_path / "out")
    assert {path.name for path in done.files} == {
        f"{clinic.person}_measurements.csv",
        f"{clinic.person}_trials.csv",
        *(f"{session}_angles.csv" for session in clinic.sessions),
    }
    rows = rows_of(tmp_path / "out" / f"{clinic.person}_measurements.csv")
    assert [row["movement"] for row in rows] == [movement.value for movement in MOVEMENTS] * 2
    assert [row["session"] for row in rows] == [session for session in clinic.sessions for _ in MOVEMENTS]
    result = clinic.records.result(clinic.sessions[1])
    row, item = rows[6 + 1], result.of(Movement.EXTENSION)
    assert float(row["best [deg; best trial, positive in the movement's direction]"]) == pytest.approx(
        item.best_deg, abs=1e-3
    )
    assert float(row["best_interval95_low [deg]"]) == pytest.approx(item.interval95_deg[0], abs=1e-3)
    assert (row["pain [0 to 10]"], row["lower_bound [true: best is at least that]"]) == ("4", "false")
    trials = rows_of(tmp_path / "out" / f"{clinic.person}_trials.csv")
    assert len(trials) == sum(
        len(item.trials) for session in clinic.sessions for item in clinic.records.result(session).movements
    )


def test_angles_in_csv_are_those_that_were_measured(clinic, tmp_path):
    export_to(clinic.records, clinic.sessions[0], Format.CSV, tmp_path)
    with (clinic.folders[0] / "angles.csv").open(newline="") as file:
        measured = list(csv.DictReader(file))
    rows = rows_of(tmp_path / f"{clinic.sessions[0]}_angles.csv")
    assert len(rows) == len(measured) > 1000
    for row, was in zip(rows, measured, strict=True):
        assert float(row["time [s; from the start of the recording]"]) == pytest.approx(
            float(was["time_s"]), abs=1e-4
        )
        assert float(row["neck_flexion [deg; + chin to chest, - head back]"]) == pytest.approx(
            float(was["flexion_deg"]), abs=1e-3
        )
        assert float(row["neck_rotation [deg; + face to the person's right]"]) == pytest.approx(
            float(was["rotation_deg"]), abs=1e-3
        )


def test_no_name_leaves_unless_it_is_said(clinic, tmp_path):
    for number, form in enumerate(Format):
        done = export_to(clinic.records, clinic.person, form, tmp_path / str(number))
        for path in done.files:
            content = path.read_bytes()
            assert b"Anna" not in content, path
            assert b"1985-03-27" not in content, path
            assert "Anna" not in path.name
    named = export_to(clinic.records, clinic.person, Format.CSV, tmp_path / "named", with_name=True)
    assert b"Anna Berg" in named.files[0].read_bytes()
    assert b"1985-03-27" in named.files[0].read_bytes()


def test_files_are_for_their_owner_alone_and_never_replaced_unasked(clinic, tmp_path):
    done = export_to(clinic.records, clinic.person, Format.JSON, tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in done.files} == {0o600}
    done.files[1].write_text("mine")
    with pytest.raises(OutputError, match="already there"):
        export_to(clinic.records, clinic.person, Format.JSON, tmp_path / "out")
    assert done.files[1].read_text() == "mine"
    export_to(clinic.records, clinic.person, Format.JSON, tmp_path / "out", overwrite=True)
    assert done.files[1].read_text() != "mine"


# --------------------------------------------------------------- formula injection

DANGEROUS = "=+-@\t\r＝＋－＠"


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_no_cell_of_an_export_begins_a_formula(clinic, tmp_path):
    done = export_to(clinic.records, clinic.person, Format.CSV, tmp_path, with_name=True)
    seen = ""
    for path in done.files:
        for row in cells(path.read_bytes()):
            for cell in row:
                seen += cell if "calc" in cell or "SUM" in cell else ""
                assert not cell.startswith(("=", "@", "\t", "\r")), cell
                assert not cell.startswith(("+", "-")) or float(cell) < 0, cell
    assert "'=cmd" in seen
    assert "'@SUM" in seen


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_any_text_survives_and_none_begins_a_formula(texts):
    header, *rows = cells(csv_bytes([Column("note", "", "", texts)]))
    assert header == ["note"]
    found = [row[0] if row else "" for row in rows]
    assert len(found) == len(texts)
    for cell, text in zip(found, texts, strict=True):
        plain = text.replace("\x00", "")
        assert cell in (plain, f"'{plain}")
        assert not cell or cell[0] not in DANGEROUS + "\n"
        assert cell.lstrip(" ")[:1] not in (set(DANGEROUS) if cell[:1] == " " else set())


# --------------------------------------------------------------------- parquet


def test_parquet_is_the_same_with_types_and_units(clinic, tmp_path):
    export_to(clinic.records, clinic.person, Format.PARQUET, tmp_path)
    export_to(clinic.records, clinic.person, Format.CSV, tmp_path)
    for name in (f"{clinic.person}_measurements", f"{clinic.sessions[0]}_angles"):
        table = pq.read_table(tmp_path / f"{name}.parquet")
        text = pa_csv.read_csv(tmp_path / f"{name}.csv")
        assert table.num_rows == text.num_rows > 10
        for field, heading in zip(table.schema, text.column_names, strict=True):
            unit = field.metadata[b"unit"].decode()
            assert heading.partition(" [")[0] == field.name
            assert unit in heading
            if unit in ("deg", "s"):
                wrote, read = table[field.name].to_pylist(), text[heading].to_pylist()
                assert wrote == [
                    pytest.approx(value, rel=1e-4, abs=1e-4) if value is not None else None for value in read
                ]


def test_what_was_not_measured_is_null(clinic, tmp_path):
    folder = clinic.folders[0]
    lines = (folder / "angles.csv").read_text().splitlines()
    cut = lines[5].split(",")
    cut[1:4] = ["", "", ""]
    lines[5] = ",".join(cut)
    stored = clinic.records.session(clinic.sessions[0]).folder
    (stored / "angles.csv").write_text("\n".join(lines) + "\n")
    export_to(clinic.records, clinic.sessions[0], Format.PARQUET, tmp_path)
    table = pq.read_table(tmp_path / f"{clinic.sessions[0]}_angles.parquet")
    assert table["neck_flexion"][4].as_py() is None
    assert table["neck_flexion"].null_count == 1


# ------------------------------------------------------------------------ JSON


def test_json_is_the_result_byte_for_byte_and_comes_back_in(clinic, tmp_path):
    done = export_to(clinic.records, clinic.person, Format.JSON, tmp_path / "out")
    assert [path.name for path in done.files] == [f"{session}.json" for session in clinic.sessions]
    for path, folder in zip(done.files, clinic.folders, strict=True):
        assert path.read_bytes() == (folder / "result.json").read_bytes()
        result = Result.model_validate_json(path.read_bytes())
        assert result.model_dump_json(indent=1) + "\n" == path.read_text(encoding="utf-8")


# ------------------------------------------------------------------- bad input


def test_what_cannot_be_exported_says_why(clinic, tmp_path):
    with pytest.raises(UnknownRecordError, match="no person"):
        export_to(clinic.records, "Nobody", Format.CSV, tmp_path)
    with pytest.raises(UnknownRecordError, match="no session"):
        export_to(clinic.records, "S-0000000000", Format.CSV, tmp_path)
    empty = clinic.records.add_person("Berta")
    with pytest.raises(InputError, match="no sessions to export"):
        export_to(clinic.records, empty.id, Format.CSV, tmp_path)
    angles = clinic.records.session(clinic.sessions[0]).folder / "angles.csv"
    angles.write_text("time_s,flexion_deg\n1,2\n")
    with pytest.raises(InputError, match="damaged"):
        export_to(clinic.records, clinic.sessions[0], Format.MOT, tmp_path)
    angles.unlink()
    with pytest.raises(InputError, match="on this machine"):
        export_to(clinic.records, clinic.sessions[0], Format.MOT, tmp_path)
    assert list(tmp_path.glob("S-*")) == []
