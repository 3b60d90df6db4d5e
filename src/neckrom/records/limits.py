"""Beyond what a change is called one: by the site's own study where it holds, else by what ships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from neckrom.records.trends import PublishedRepeatability, Repeatability, repeatability
from neckrom.result import Result
from neckrom.service.clinic import SiteState
from neckrom.site_file import Mismatch, SiteFile, first_mismatch
from neckrom.types import Movement

Unused = Mismatch | Literal["damaged", "unreadable"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What must be exceeded, and whose figure that is.

    Attributes
    ----------
    general : Repeatability
        What ships.
    site : SiteFile or None
        The site's own, where there is one.
    unused : str or None
        Why it is not used all the same.
    """

    general: Repeatability
    site: SiteFile | None = None
    unused: Unused | None = None

    @property
    def own(self) -> SiteFile | None:
        """The site's study, where it is used."""
        return self.site if self.unused is None else None

    @property
    def published(self) -> PublishedRepeatability:
        """Of the clinical device."""
        return self.general.published

    @property
    def placeholder(self) -> bool:
        """Whether the figures are preliminary."""
        return self.general.placeholder and self.own is None

    def limit_deg(self, movement: Movement) -> float:
        """Change that must be exceeded to be called one."""
        own = self.own
        return self.general.limit_deg(movement) if own is None else own.movements[movement].mdc95_deg


def limits_for(results: Sequence[Result | None], state: SiteState) -> Limits:
    """Limits for sessions that are compared.

    Parameters
    ----------
    results : sequence of Result or None
        Of all of them; None where one cannot be read.
    state : SiteState
        Of the settings.
    """
    if state.damaged:
        return Limits(repeatability(), None, "damaged")
    if state.site is None:
        return Limits(repeatability())
    known = [result for result in results if result is not None]
    if len(known) < len(results):
        return Limits(repeatability(), state.site, "unreadable")
    return Limits(repeatability(), state.site, first_mismatch(state.site, known))
