"""Runs, postures and nerve tests as FHIR resources.

No code system that we know of has codes for these quantities, so each stands as text, with UCUM's units; none is
invented. What a row of the article says goes into the report's conclusion, in words.
"""

from __future__ import annotations

import base64
import logging
from typing import Any

from neckrom.errors import InputError
from neckrom.exports.bodies import Number, numbers_of
from neckrom.exports.fhir_parts import identity, quantity, url
from neckrom.exports.source import ExportBody
from neckrom.messages import FALLBACK, load_messages
from neckrom.running.result import RunResult
from neckrom.saying.any_kind import verdict_of_any

log = logging.getLogger(__name__)

_TITLES = {
    "run": "Running posture by camera",
    "posture": "Standing posture by camera",
    "slr": "Straight leg raise by camera",
    "slump": "Slump test by camera",
    "arms": "Nerve tension test of the arms by camera",
    "upper_back": "Turning of the trunk, sitting, by camera",
    "plan": "Exercise by a plan, with its test before and after, by camera",
}


def body_entries(item: ExportBody, system: str, patient: dict[str, Any]) -> list[dict[str, Any]]:
    """Device, Observations and DiagnosticReport of one run, posture or nerve test.

    Parameters
    ----------
    item : ExportBody
    system : str
        Of the store's identifiers.
    patient : dict
        The resource of the person.
    """
    device = _device(item)
    observations = [
        _observation(item, number, system, patient, device) for number in numbers_of(item.view.result)
    ]
    return [device, *observations, _report(item, system, patient, observations)]


def _device(item: ExportBody) -> dict[str, Any]:
    tool = item.view.result.tool
    return {
        "resourceType": "Device",
        "id": identity("device", tool.version, tool.estimator, tool.calibration_id, tool.model_sha256),
        "status": "active",
        "deviceName": [{"name": "neckrom", "type": "model-name"}],
        "type": {"text": "Software that measures posture, running and nerve tests from video of one camera"},
        "version": [
            {"value": f"neckrom {tool.version}"},
            {"value": tool.engine},
            {"value": f"estimator {tool.estimator}, calibration {tool.calibration_id}"},
        ],
    }


def _observation(
    item: ExportBody, number: Number, system: str, patient: dict[str, Any], device: dict[str, Any]
) -> dict[str, Any]:
    row = item.view.row
    name = f"{number.quantity}_{number.side}" if number.side else number.quantity
    side = f", {number.side}" if number.side else ""
    words = number.quantity.replace("_", " ")
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "id": identity(system, row.id, name),
        "identifier": [{"system": system, "value": f"{row.id}/{name}"}],
        "status": "final",
        "code": {"text": f"{_TITLES[row.kind]}: {words}{side} ({number.meaning})"},
        "subject": {"reference": url(patient)},
        "effectiveDateTime": row.measured.isoformat(),
        "issued": row.added.isoformat(),
        "device": {"reference": url(device)},
        "method": {"text": f"Video of one camera ({row.view.replace('_', ' ')} view)"},
        "valueQuantity": _value(number.value, number.unit),
        "note": [{"text": item.view.result.statement}],
    }
    if number.interval95 is not None:
        resource["component"] = [
            {"code": {"text": f"95 % interval, {end}"}, "valueQuantity": _value(value, number.unit)}
            for end, value in zip(("low", "high"), number.interval95, strict=True)
        ]
    return resource


def _value(value: float, unit: str) -> dict[str, Any]:
    return quantity(value, unit or "1", unit or "1")


def _report(
    item: ExportBody, system: str, patient: dict[str, Any], observations: list[dict[str, Any]]
) -> dict[str, Any]:
    row, result = item.view.row, item.view.result
    lines = list(verdict_of_any(result, load_messages(FALLBACK)).lines)
    if isinstance(result, RunResult):
        lines += [each.reason for each in result.rows]
    return {
        "resourceType": "DiagnosticReport",
        "id": identity(system, row.id),
        "identifier": [{"system": system, "value": row.id}],
        "status": "final",
        "code": {"text": _TITLES[row.kind]},
        "subject": {"reference": url(patient)},
        "effectiveDateTime": row.measured.isoformat(),
        "issued": row.added.isoformat(),
        "result": [{"reference": url(observation)} for observation in observations],
        "conclusion": "\n".join((*lines, result.statement)),
        "presentedForm": [
            {
                "contentType": "application/pdf",
                "title": _TITLES[row.kind],
                "data": base64.b64encode(_pdf(item)).decode("ascii"),
            }
        ],
    }


def _pdf(item: ExportBody) -> bytes:
    """The report, laid out anew from what was measured; it names nobody."""
    from neckrom.report.bodies.paper import body_pdf  # noqa: PLC0415  (slow to load)
    from neckrom.report.bodies.run_content import run_content  # noqa: PLC0415
    from neckrom.report.bodies.stored import stored_content  # noqa: PLC0415

    result, texts = item.view.result, load_messages(FALLBACK)
    try:
        content = stored_content(result, item.view.folder, texts)
    except InputError as error:
        log.warning("the report of session %s has no curves: %s", item.view.row.id, error)
        if not isinstance(result, RunResult):
            raise
        content = run_content(result, [], {}, texts)
    return body_pdf(content)
