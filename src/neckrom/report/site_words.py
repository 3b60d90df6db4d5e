"""What a study of this place says of a result, in the reader's language."""

from __future__ import annotations

from neckrom.messages import Messages
from neckrom.result import Result
from neckrom.rounding import change_digits
from neckrom.site_file import SiteFile
from neckrom.types import MOVEMENTS, Movement


def trust_of(result: Result, site: SiteFile | None, texts: Messages) -> str:
    """How far a result can be trusted: as the study of this place found, or in general and why not by that."""
    if site is None:
        return texts.text("sheet.trust")
    why = site.mismatch(result)
    if why is not None:
        told = texts.text("study.not_used", study=site.study, why=f"study.why.{why}")
        return f"{texts.text('sheet.trust')} {told}"
    return texts.text(
        "study.trust", people=site.people, device=f"study.device.{site.reference}", study=site.study
    )


def site_rows(result: Result, site: SiteFile | None, texts: Messages) -> tuple[tuple[str, str], ...]:
    """A row for clinicians: bias, limits of agreement and detectable change of every direction that was measured."""
    if site is None or site.mismatch(result) is not None:
        return ()
    shown = [item.movement for item in result.movements if item.best_deg is not None] or list(MOVEMENTS)
    what = "; ".join(_movement(site, movement, texts) for movement in shown)
    days = "between_days" if site.between_days else "within_day"
    return ((texts.text("study.place"), f"{texts.text(f'study.figures_{days}')} {what}"),)


def _movement(site: SiteFile, movement: Movement, texts: Messages) -> str:
    own = site.movements[movement]
    bias, low, high = (
        change_digits(value, point=texts.point) for value in (own.bias_deg, own.lower_deg, own.upper_deg)
    )
    return texts.text(
        "study.figure",
        movement=f"clinician.movement.{movement.value}",
        bias=bias,
        low=low,
        high=high,
        mdc=own.mdc95_deg,
    )
