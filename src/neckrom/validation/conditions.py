"""How a clip was filmed, as groups, from the scenario file beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from neckrom.errors import ConfigurationError
from neckrom.validation.truth import TruthTable

_Edges = tuple[float, ...]

HEIGHT_CM: _Edges = (-20.0, -10.0, 10.0, 20.0)
DISTANCE_M: _Edges = (0.6, 0.75, 0.9)
OFF_CENTRE_CM: _Edges = (5.0, 15.0)
FIELD_OF_VIEW_DEG: _Edges = (55.0, 65.0, 75.0)
ROLL_DEG: _Edges = (1.0, 3.0)
FRAME_RATE: _Edges = (20.0, 29.0)
NOISE_SIGMA: _Edges = (2.5, 4.0)
"""Where the groups meet; a value on an edge belongs to the upper group."""

_DEFAULTS = {"height": 0.0, "distance": 0.65, "lateral": 0.0, "roll": 0.0}
"""Of a camera, where the scenario leaves it out: metres and degrees."""


def read_scenario(path: Path) -> dict[str, object]:
    """Scenario file of a clip; empty where there is none.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict

    Raises
    ------
    ConfigurationError
        The file is there, but is no JSON object.
    """
    if not path.is_file():
        return {}
    try:
        scenario = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ConfigurationError(
            f"{path} cannot be read as a scenario: {error}. Mend it or take it away."
        ) from error
    if not isinstance(scenario, dict):
        raise ConfigurationError(
            f"{path} holds no JSON object: a scenario has names and values. Take it away or mend it."
        )
    return scenario


def conditions_of(scenario: Mapping[str, object], truth: TruthTable) -> dict[str, str]:
    """Name of each condition and the group that the clip falls into; what is not stated is left out.

    Parameters
    ----------
    scenario : mapping
        Of :func:`read_scenario`; lengths there in metres, angles in degrees.
    truth : TruthTable
        Says from which side the camera looks.

    Returns
    -------
    dict of str
        Groups in the units that they name. A camera that is placed by a ``position`` has no height, distance, roll or
        field of view here.
    """
    found: dict[str, str] = {"view": truth.view}
    camera = scenario.get("camera")
    if isinstance(camera, Mapping) and "position" not in camera:
        known = {name: _number(camera.get(name, default)) for name, default in _DEFAULTS.items()}
        found |= _grouped("camera height", known["height"], HEIGHT_CM, " cm", 100.0)
        found |= _grouped("camera distance", known["distance"], DISTANCE_M, " m")
        if truth.view == "front":
            found |= _grouped("off centre", _size(known["lateral"]), OFF_CENTRE_CM, " cm", 100.0)
        found |= _grouped("camera roll", _size(known["roll"]), ROLL_DEG, " deg")
        found |= _grouped("field of view", _number(camera.get("hfov_deg")), FIELD_OF_VIEW_DEG, " deg")
    if isinstance(scenario.get("light"), str):
        found["light"] = str(scenario["light"])
    if scenario:
        found["resolution"] = f"{scenario.get('width', 640)}x{scenario.get('height', 480)}"
        found |= _grouped("frame rate", _number(scenario.get("fps", 30)), FRAME_RATE, " fps")
        found["compression"] = _compression(scenario)
        noise = scenario.get("noise")
        sigma = noise.get("sigma", 2.0) if isinstance(noise, Mapping) else 2.0
        found |= _grouped("noise", _number(sigma), NOISE_SIGMA, " grey levels")
        found["motion blur"] = "with" if scenario.get("motion_blur") else "without"
    if isinstance(scenario.get("person"), str):
        found["person"] = str(scenario["person"])
    return found


def retest_key(scenario: Mapping[str, object]) -> str:
    """The same for clips in which the same person does the same; empty without a scenario.

    Parameters
    ----------
    scenario : mapping
        Of :func:`read_scenario`.

    Returns
    -------
    str
        16 hexadecimal digits of person and movement.
    """
    if not scenario:
        return ""
    same = {name: scenario.get(name) for name in ("person", "person_over", "trajectory", "offset")}
    return hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()[:16]


def _compression(scenario: Mapping[str, object]) -> str:
    encode = scenario.get("encode")
    crf = encode.get("crf", 21) if isinstance(encode, Mapping) else 21
    jpeg = scenario.get("jpeg_quality")
    return f"crf {crf}" + (f", JPEG {jpeg}" if jpeg else "")


def _grouped(name: str, value: float | None, edges: _Edges, unit: str, scale: float = 1.0) -> dict[str, str]:
    if value is None:
        return {}
    scaled = round(value * scale, 6)
    above = [edge for edge in edges if scaled >= edge]
    below = [edge for edge in edges if scaled < edge]
    if not above:
        return {name: f"below {below[0]:g}{unit}"}
    if not below:
        return {name: f"{above[-1]:g}{unit} or more"}
    return {name: f"{above[-1]:g} to {below[0]:g}{unit}"}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _size(value: float | None) -> float | None:
    return None if value is None else abs(value)
