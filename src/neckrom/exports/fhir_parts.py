"""Pieces that every FHIR resource of ours is made of."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

CODE_SYSTEM = "urn:uuid:3a3b3a28-5221-5103-af1d-6098460f33b1"
UCUM = "http://unitsofmeasure.org"

_IDS = uuid.UUID("3a3b3a28-5221-5103-af1d-6098460f33b1")


def degrees(value: float) -> dict[str, Any]:
    """An angle."""
    return quantity(value, "deg", "deg")


def quantity(value: float, unit: str, code: str) -> dict[str, Any]:
    """A number with its unit in UCUM."""
    return {"value": Decimal(f"{value:.2f}"), "unit": unit, "system": UCUM, "code": code}


def identity(*parts: str) -> str:
    """The same id for the same thing in every export."""
    return str(uuid.uuid5(_IDS, "/".join(parts)))


def url(resource: dict[str, Any]) -> str:
    """By which resources of a bundle refer to each other."""
    if resource["resourceType"] == "CodeSystem":
        return CODE_SYSTEM
    return f"urn:uuid:{resource['id']}"
