"""FHIR: a bundle that an R4 or R4B system can take in, built and checked with ``fhir.resources`` (R4B).

Only what R4 and R4B share is used. No code system that we know of has codes for an active range of
motion of the neck that a camera measured, so the movements and their components are coded in a system
of our own, which travels in the bundle and is described in ``docs/exports.md``. The only foreign codes
are UCUM's units and, for a Neck Disability Index that was entered by hand, LOINC 82226-2.
"""

from __future__ import annotations

import base64
import logging
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from fhir.resources.R4B.bundle import Bundle

from neckrom.assessment.judgement import STATEMENT
from neckrom.errors import InputError
from neckrom.exports.fhir_bodies import body_entries
from neckrom.exports.fhir_parts import CODE_SYSTEM, degrees, identity, quantity, url
from neckrom.exports.source import Export, ExportSession, angles_of
from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.records.pictures import pictures_of
from neckrom.records.views import ScreeningRow
from neckrom.result import MovementResult
from neckrom.saying.verdict import verdict_of
from neckrom.types import MOVEMENTS

log = logging.getLogger(__name__)

LOINC = "http://loinc.org"
NDI = "82226-2"
NDI_ANSWER = "ndi_percent"

_MOVEMENT = (
    "Best of the counted trials, in degrees: head relative to thorax, from the person's own neutral, positive in the "
    "named direction"
)
CONCEPTS: dict[str, tuple[str, str]] = {
    **{
        f"neck-{movement.value.replace('_', '-')}": (
            f"Neck, active range of motion: {movement.label.lower()}",
            _MOVEMENT,
        )
        for movement in MOVEMENTS
    },
    "interval95-low": ("95 % interval, low", "Lower end of the 95 % interval of the best trial"),
    "interval95-high": ("95 % interval, high", "Upper end of the 95 % interval of the best trial"),
    "mean": ("Mean of the trials", "Mean of the counted trials"),
    "trials": ("Counted trials", "Number of counted trials"),
    "reference": ("Norm", "Norm that the best trial was compared with"),
    "percent-of-reference": ("Percent of the norm", "Best trial in percent of the norm"),
    "trunk": (
        "Trunk movement",
        "Largest movement of the trunk in the same plane, positive along with the head",
    ),
    "pain": ("Pain, 0 to 10", "Pain with the movement, 0 (none) to 10 (worst), as the person said"),
    "guided-session": (
        "Guided session",
        "Guided session in which the neck's active range of motion was measured by camera",
    ),
    "stopped-pain": ("Stopped because of pain", "The person ended the session because of pain"),
    "stopped-dizziness": (
        "Stopped because of dizziness",
        "The person ended the session because of dizziness",
    ),
    "stopped-nausea": ("Stopped because of nausea", "The person ended the session because of nausea"),
    "stopped-tired": ("Ended early: tired", "The person ended the session because they were tired"),
    "stopped-other": ("Ended early", "The person ended the session for another reason"),
    "chin-to-chest": (
        "Fingers between chin and chest",
        "Fingers that fit between chin and chest at full flexion, as the person said; 0 touches",
    ),
    "safety-override": (
        "Gone on in spite of a safety answer",
        "A clinician took responsibility and went on in spite of an answer that speaks against the test",
    ),
    "answer-yes": ("Yes", "The person answered yes"),
    "answer-no": ("No", "The person answered no"),
    "answer-unsure": ("Not sure", "The person answered that they are not sure"),
    "neck-range-of-motion": (
        "Neck, active range of motion by camera",
        "Report of one measurement of the neck's active range of motion by camera",
    ),
}
"""Codes of our own system, each with its display and its definition."""


def bundle_bytes(export: Export) -> bytes:
    """A collection of Patient, Device, Observations and DiagnosticReports.

    The same sessions give the same bytes.
    """
    system = f"urn:uuid:{uuid.UUID(export.store_id)}"
    patient = _patient(export, system)
    entries = [_code_system(), patient]
    for session in export.sessions:
        device = _device(session)
        observations = [
            _observation(session, item, system, patient, device) for item in session.result.movements
        ]
        if device not in entries:
            entries.append(device)
        told = list(_told(session, system, patient, device))
        observations += [item for item in told if item["resourceType"] == "Observation"]
        entries += [*observations, *(item for item in told if item not in observations)]
        entries.append(_report(session, system, patient, observations))
    for body in export.bodies:
        entries += [entry for entry in body_entries(body, system, patient) if entry not in entries]
    entries += [*_screens(export, patient), *_disability(export, patient)]
    bundle = Bundle.model_validate(
        {
            "resourceType": "Bundle",
            "type": "collection",
            "timestamp": max(row.added for row in export.rows).isoformat(),
            "entry": [{"fullUrl": url(entry), "resource": entry} for entry in entries],
        }
    )
    return (bundle.model_dump_json(indent=1) + "\n").encode("utf-8")


# ------------------------------------------------------------------- resources


def _patient(export: Export, system: str) -> dict[str, Any]:
    person = export.person
    resource: dict[str, Any] = {
        "resourceType": "Patient",
        "id": identity(system, person.id),
        "identifier": [{"use": "secondary", "system": system, "value": person.id}],
    }
    if export.with_name and person.name:
        resource["name"] = [{"text": person.name}]
    if export.with_name and person.birth_date:
        resource["birthDate"] = person.birth_date.isoformat()
    return resource


def _device(session: ExportSession) -> dict[str, Any]:
    tool = session.result.tool
    return {
        "resourceType": "Device",
        "id": identity("device", tool.version, tool.estimator, tool.calibration_id, tool.model_sha256),
        "status": "active",
        "deviceName": [{"name": "neckrom", "type": "model-name"}],
        "type": {"text": "Software that measures the neck's range of motion from video of one camera"},
        "version": [
            {"value": f"neckrom {tool.version}"},
            {"value": tool.engine},
            {"value": f"estimator {tool.estimator}, calibration {tool.calibration_id}"},
        ],
    }


def _observation(
    session: ExportSession,
    item: MovementResult,
    system: str,
    patient: dict[str, Any],
    device: dict[str, Any],
) -> dict[str, Any]:
    row = session.view.row
    code = f"neck-{item.movement.value.replace('_', '-')}"
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "id": identity(system, row.id, item.movement.value),
        "identifier": [{"system": system, "value": f"{row.id}/{item.movement.value}"}],
        "status": "final",
        "code": _own(code),
        "subject": {"reference": url(patient)},
        "effectiveDateTime": row.measured.isoformat(),
        "issued": row.added.isoformat(),
        "device": {"reference": url(device)},
        "method": {
            "text": f"Video of one camera ({row.view.replace('_', ' ')} view), best of the counted trials"
        },
        "note": [{"text": STATEMENT}],
    }
    if item.best_deg is None:
        resource["dataAbsentReason"] = {"text": item.reason or "not measured"}
        return resource
    resource["valueQuantity"] = degrees(item.best_deg)
    if item.lower_bound:
        resource["valueQuantity"]["comparator"] = ">="
    if item.reason:
        resource["interpretation"] = [{"text": item.reason}]
    resource["component"] = list(_components(item))
    if item.healthy_low_deg is not None and item.healthy_high_deg is not None:
        resource["referenceRange"] = [
            {
                "low": degrees(item.healthy_low_deg),
                "high": degrees(item.healthy_high_deg),
                "text": f"Range of healthy means, shown and not judged against. {item.reference_source}",
            }
        ]
    return resource


def _components(item: MovementResult) -> Iterator[dict[str, Any]]:
    low, high = item.interval95_deg or (None, None)
    angles = (
        ("interval95-low", low),
        ("interval95-high", high),
        ("mean", item.mean_deg),
        ("reference", item.reference_deg),
        ("trunk", item.compensation_deg),
    )
    for code, value in angles:
        if value is not None:
            yield {"code": _own(code), "valueQuantity": degrees(value)}
    if item.percent_of_reference is not None:
        percent = quantity(item.percent_of_reference, "%", "%")
        yield {"code": _own("percent-of-reference"), "valueQuantity": percent}
    yield {"code": _own("trials"), "valueInteger": len(item.trials)}
    if item.pain is not None:
        yield {"code": _own("pain"), "valueInteger": item.pain}


def _told(
    session: ExportSession, system: str, patient: dict[str, Any], device: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """What a guided session was told: how it ended, answers, notes, a clinician's override."""
    facts, row = session.result.session, session.view.row
    if facts is None:
        return
    subject = {"reference": url(patient)}
    when = row.measured.isoformat()
    if facts.chin_fingers is not None:
        yield {
            "resourceType": "Observation",
            "id": identity(system, row.id, "chin"),
            "identifier": [{"system": system, "value": f"{row.id}/chin"}],
            "status": "final",
            "code": _own("chin-to-chest"),
            "subject": subject,
            "effectiveDateTime": when,
            "issued": row.added.isoformat(),
            "device": {"reference": url(device)},
            "valueInteger": facts.chin_fingers,
        }
    procedure: dict[str, Any] = {
        "resourceType": "Procedure",
        "id": identity(system, row.id, "session"),
        "identifier": [{"system": system, "value": f"{row.id}/session"}],
        "status": "stopped" if facts.stop_reason is not None or not facts.finished else "completed",
        "code": _own("guided-session"),
        "subject": subject,
        "performedDateTime": when,
        "usedReference": [{"reference": url(device)}],
        "note": [{"text": text} for text in (*verdict_of(session.result, _english()).lines, *facts.notes)],
    }
    if facts.stop_reason is not None:
        procedure["statusReason"] = _own(f"stopped-{facts.stop_reason}")
    yield procedure
    if facts.answers:
        yield _answers(identity(system, row.id, "answers"), subject, when, "safety", facts.answers)
    if facts.override is not None:
        action = facts.override.reason or "Went on under their own name."
        yield {
            "resourceType": "DetectedIssue",
            "id": identity(system, row.id, "override"),
            "identifier": [{"system": system, "value": f"{row.id}/override"}],
            "status": "final",
            "code": _own("safety-override"),
            "patient": subject,
            "identifiedDateTime": when,
            "detail": " ".join(
                _english().text(f"safety.{name}")
                for name in facts.refused_by
                if f"safety.{name}" in _english().texts
            )
            or "A safety answer",
            "mitigation": [{"action": {"text": action}, "author": {"display": facts.override.clinician}}],
        }


def _answers(
    resource_id: str, subject: dict[str, Any], when: str, area: str, answers: Mapping[str, Any]
) -> dict[str, Any]:
    """Answers with the words of their questions."""
    texts = _english().texts
    return {
        "resourceType": "QuestionnaireResponse",
        "id": resource_id,
        "status": "completed",
        "subject": subject,
        "authored": when,
        "item": [
            {
                "linkId": name,
                "text": texts.get(f"{area}.{name}", name),
                "answer": [{"valueCoding": _own(f"answer-{answer}")["coding"][0]}],
            }
            for name, answer in answers.items()
            if answer in ("yes", "no", "unsure")
        ],
    }


def _screens(export: Export, patient: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Answers of neck screens: the safety questions and the screen's own."""
    subject = {"reference": url(patient)}
    for screening in export.screenings:
        for area, name in (("safety", "safety"), ("screen.question", "questions")):
            answers = screening.answers.get(name)
            if isinstance(answers, dict) and answers:
                resource_id = identity("screen", screening.id, name)
                yield _answers(resource_id, subject, screening.answered.isoformat(), area, answers)


def _english() -> Messages:
    return load_messages(FALLBACK)


def _report(
    session: ExportSession, system: str, patient: dict[str, Any], observations: list[dict[str, Any]]
) -> dict[str, Any]:
    row = session.view.row
    resource: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        "id": identity(system, row.id),
        "identifier": [{"system": system, "value": row.id}],
        "status": "final",
        "code": _own("neck-range-of-motion"),
        "subject": {"reference": url(patient)},
        "effectiveDateTime": row.measured.isoformat(),
        "issued": row.added.isoformat(),
        "result": [{"reference": url(observation)} for observation in observations],
        "conclusion": "\n".join((*verdict_of(session.result, _english()).lines, STATEMENT)),
    }
    resource["presentedForm"] = [
        {
            "contentType": "application/pdf",
            "title": "Neck range of motion",
            "data": base64.b64encode(_pdf(session)).decode("ascii"),
        }
    ]
    return resource


def _pdf(session: ExportSession) -> bytes:
    """The report, laid out anew from what was measured; it names nobody.

    The stored one may have come from anywhere. Curves and pictures are in it where they are on this machine.
    """
    from neckrom.report.stored import report_pdf  # noqa: PLC0415  (slow to load)

    folder = session.view.folder
    try:
        angles = angles_of(folder)
    except InputError as error:
        log.warning("the report of session %s has no curves: %s", session.view.row.id, error)
        angles = None
    return report_pdf(session.result, angles, pictures_of(folder), _english())


def _disability(export: Export, patient: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Totals of the Neck Disability Index, where somebody entered them."""
    for screening in export.screenings:
        total = screening.answers.get(NDI_ANSWER)
        if isinstance(total, int | float):
            yield _disability_of(screening, float(total), patient)


def _disability_of(screening: ScreeningRow, total: float, patient: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": identity("observation", screening.id, "ndi"),
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": NDI}], "text": "Neck Disability Index, total"},
        "subject": {"reference": url(patient)},
        "effectiveDateTime": screening.answered.isoformat(),
        "valueQuantity": quantity(total, "%", "%"),
        "note": [{"text": "Total entered by hand; the items were not asked here."}],
    }


def _code_system() -> dict[str, Any]:
    return {
        "resourceType": "CodeSystem",
        "id": "neck-range-of-motion",
        "url": CODE_SYSTEM,
        "version": "1",
        "name": "NeckRangeOfMotion",
        "title": "Neck range of motion by camera",
        "status": "active",
        "caseSensitive": True,
        "content": "complete",
        "count": len(CONCEPTS),
        "concept": [
            {"code": code, "display": display, "definition": definition}
            for code, (display, definition) in CONCEPTS.items()
        ],
    }


# ----------------------------------------------------------------------- parts


def _own(code: str) -> dict[str, Any]:
    display, _ = CONCEPTS[code]
    return {"coding": [{"system": CODE_SYSTEM, "code": code, "display": display}], "text": display}
