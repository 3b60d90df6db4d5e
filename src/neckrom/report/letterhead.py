"""Who was measured, when and by whom, as it stands at the head of a report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from neckrom.messages import Messages
from neckrom.saying import figures
from neckrom.saying.names import display_name
from neckrom.site_file import SiteFile


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What is known beside the measurement; everything may be left out.

    Attributes
    ----------
    person : str
        Name or pseudonym.
    born : date or None
    measured : datetime or None
        When the person was measured, where that was stated; else the result's own time stands.
    examiner, clinic, address : str
    logo : bytes
        A PNG or JPEG picture; empty for none.
    site : SiteFile or None
        What a study of this place measured.
    """

    person: str = ""
    born: date | None = None
    measured: datetime | None = None
    examiner: str = ""
    clinic: str = ""
    address: str = ""
    logo: bytes = b""
    site: SiteFile | None = None

    @property
    def place(self) -> str:
        """Name and address of the clinic on one line."""
        return ", ".join(
            display_name(part, 200) for part in (self.clinic, *self.address.splitlines()) if part.strip()
        )


NOBODY = Letterhead()


def facts_of(head: Letterhead, created: str, texts: Messages) -> tuple[tuple[str, str], ...]:
    """What is given, as pairs of a name and a value.

    Parameters
    ----------
    created : str
        When the result was made, ISO 8601 with its zone.
    """
    rows: list[tuple[str, str]] = []
    if head.person:
        rows.append(("person", display_name(head.person, 200)))
    if head.born is not None:
        rows.append(("born", figures.long_day(head.born, texts)))
    when = head.measured.astimezone() if head.measured is not None else None
    rows.append(("measured", created_text(created, texts) if when is None else figures.long_day(when, texts)))
    if head.examiner:
        rows.append(("examiner", display_name(head.examiner, 200)))
    if head.place:
        rows.append(("clinic", head.place))
    return tuple((texts.text(f"report.fact.{name}"), value) for name, value in rows)


def created_text(created: str, texts: Messages) -> str:
    """Date and time as people write them: "14 March 2025, 10:20"; as given where it is no ISO date."""
    try:
        when = datetime.fromisoformat(created)
    except ValueError:
        return display_name(created)
    return figures.long_moment(when, texts)
