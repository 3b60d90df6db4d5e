"""The FHIR bundle: valid, complete, and with no code that is not real."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.bundle import Bundle
from pypdf import PdfReader

from neckrom.exports.fhir import CODE_SYSTEM, CONCEPTS
from neckrom.exports.write import Format, export_to
from neckrom.types import MOVEMENTS, Movement
from tests.records.folders import write_folder


@pytest.fixture
def blank_paper(monkeypatch):
    """For tests that look at the other entries: laying the report out costs far more than they do."""
    monkeypatch.setattr("neckrom.report.stored.report_pdf", lambda *_: b"%PDF")


def bundle_of(clinic, what: str, folder, **options) -> dict[str, Any]:
    done = export_to(clinic.records, what, Format.FHIR, folder, **options)
    (path,) = done.files
    return json.loads(path.read_text(encoding="utf-8"))


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)


def test_the_bundle_is_valid_and_says_the_same_when_read_back(clinic, tmp_path):
    data = bundle_of(clinic, clinic.person, tmp_path)
    again = Bundle.model_validate_json(json.dumps(data))
    assert json.loads(again.model_dump_json()) == data
    for entry in data["entry"]:
        resource = entry["resource"]
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    kinds = [entry["resource"]["resourceType"] for entry in data["entry"]]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "CodeSystem": 1,
        "Patient": 1,
        "Device": 1,
        "Observation": 12,
        "DiagnosticReport": 2,
    }


@pytest.mark.usefixtures("blank_paper")
def test_the_validation_would_notice(clinic, tmp_path):
    data = bundle_of(clinic, clinic.sessions[0], tmp_path)
    resources(data, "Observation")[0]["status"] = 17
    with pytest.raises(ValueError, match="status"):
        Bundle.model_validate(data)


@pytest.mark.usefixtures("blank_paper")
def test_every_reference_leads_to_an_entry(clinic, tmp_path):
    data = bundle_of(clinic, clinic.person, tmp_path)
    urls = [entry["fullUrl"] for entry in data["entry"]]
    assert len(set(urls)) == len(urls)
    references = [item["reference"] for item in walk(data) if "reference" in item]
    assert len(references) == 12 * 2 + 2 + 12
    assert set(references) <= set(urls)


@pytest.mark.usefixtures("blank_paper")
def test_only_real_codes_and_our_own_documented_ones(clinic, tmp_path):
    clinic.records.add_screening(clinic.person, "1", {"ndi_percent": 24})
    data = bundle_of(clinic, clinic.person, tmp_path)
    own = {concept["code"] for concept in resources(data, "CodeSystem")[0]["concept"]}
    assert own == set(CONCEPTS)
    used: dict[str, set[str]] = {}
    for item in walk(data):
        if "system" in item and "code" in item:
            used.setdefault(item["system"], set()).add(item["code"])
    assert set(used) == {CODE_SYSTEM, "http://unitsofmeasure.org", "http://loinc.org"}
    assert used["http://unitsofmeasure.org"] == {"deg", "%"}
    assert used["http://loinc.org"] == {"82226-2"}
    assert used[CODE_SYSTEM] <= own
    (index,) = [item for item in resources(data, "Observation") if "82226-2" in json.dumps(item)]
    assert index["valueQuantity"]["value"] == 24


@pytest.mark.usefixtures("blank_paper")
def test_observations_hold_what_was_measured(clinic, tmp_path):
    data = bundle_of(clinic, clinic.sessions[1], tmp_path)
    result = clinic.records.result(clinic.sessions[1])
    found = {item["code"]["coding"][0]["code"]: item for item in resources(data, "Observation")}
    assert list(found) == [f"neck-{movement.value.replace('_', '-')}" for movement in MOVEMENTS]
    item, observed = result.of(Movement.EXTENSION), found["neck-extension"]
    assert observed["valueQuantity"] == {
        "value": pytest.approx(item.best_deg, abs=0.051),
        "unit": "deg",
        "system": "http://unitsofmeasure.org",
        "code": "deg",
    }
    assert observed["effectiveDateTime"].startswith("2026-06-10T07:00:00")
    parts = {part["code"]["coding"][0]["code"]: part for part in observed["component"]}
    assert parts["interval95-low"]["valueQuantity"]["value"] == pytest.approx(
        item.interval95_deg[0], abs=0.051
    )
    assert parts["pain"]["valueInteger"] == 4
    assert parts["trials"]["valueInteger"] == 3
    assert parts["reference"]["valueQuantity"]["value"] == 60
    assert observed["interpretation"][0]["text"] == item.reason


@pytest.mark.usefixtures("blank_paper")
def test_a_bound_is_a_bound_and_what_was_not_measured_has_no_value(clinic, tmp_path):
    for case in ("lower_bounds", "rotation_only"):
        folder = write_folder(tmp_path / case, case, case=case)
        session = clinic.records.import_result(folder, clinic.person).session_id
        observed = {
            item["code"]["coding"][0]["code"]: item
            for item in resources(bundle_of(clinic, session, tmp_path / "out"), "Observation")
        }
        if case == "lower_bounds":
            assert observed["neck-rotation-left"]["valueQuantity"]["comparator"] == ">="
            assert "comparator" not in observed["neck-lateral-left"]["valueQuantity"]
        else:
            assert "valueQuantity" not in observed["neck-flexion"]
            assert observed["neck-flexion"]["dataAbsentReason"]["text"]


def test_the_report_carries_a_pdf_that_is_laid_out_anew_and_names_nobody(clinic, tmp_path):
    data = bundle_of(clinic, clinic.sessions[0], tmp_path)
    (report,) = resources(data, "DiagnosticReport")
    (form,) = report["presentedForm"]
    assert form["contentType"] == "application/pdf"
    raw = base64.b64decode(form["data"])
    assert b"stands in for the report" not in raw, "the stored one may have come from anywhere"
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(raw)).pages]
    assert "Neck range of motion" in pages[0]
    assert not any("Anna Berg" in page for page in pages)
    assert len(report["result"]) == 6


def test_damaged_angles_cost_the_curves_of_the_report_and_nothing_else(clinic, tmp_path):
    session = clinic.records.session(clinic.sessions[0])
    (session.folder / "angles.csv").write_text("no,angles\n1,2\n", encoding="utf-8")
    (report,) = resources(bundle_of(clinic, clinic.sessions[0], tmp_path), "DiagnosticReport")
    assert base64.b64decode(report["presentedForm"][0]["data"]).startswith(b"%PDF")


@pytest.mark.usefixtures("blank_paper")
def test_the_name_leaves_only_when_it_is_said(clinic, tmp_path):
    (patient,) = resources(bundle_of(clinic, clinic.person, tmp_path / "without"), "Patient")
    assert set(patient) == {"resourceType", "id", "identifier"}
    assert patient["identifier"][0]["value"] == clinic.person
    (patient,) = resources(bundle_of(clinic, clinic.person, tmp_path / "with", with_name=True), "Patient")
    assert (patient["name"], patient["birthDate"]) == ([{"text": "Anna Berg"}], "1985-03-27")


def test_the_same_export_is_the_same_bytes(clinic, tmp_path):
    first = export_to(clinic.records, clinic.person, Format.FHIR, tmp_path / "1").files[0].read_bytes()
    assert (
        export_to(clinic.records, clinic.person, Format.FHIR, tmp_path / "2").files[0].read_bytes() == first
    )


def test_every_code_of_ours_is_documented():
    page = (Path(__file__).parents[2] / "docs" / "exports.md").read_text(encoding="utf-8")
    assert CODE_SYSTEM in page
    for code, (display, definition) in CONCEPTS.items():
        assert f"| `{code}` | {display} | {definition} |" in page
