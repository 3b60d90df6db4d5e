"""The site file that a study gives, where it has measured enough."""

from __future__ import annotations

from datetime import date

from neckrom.errors import InputError
from neckrom.site_file import SiteFile, SiteMovement, SiteTool, camera_of, same_camera
from neckrom.study.analysis import Figure, MovementFound, RetestFound, StudyFound
from neckrom.study.data import StudyData
from neckrom.types import Movement

FEWEST_PEOPLE = 30
"""Measured twice, in every direction: with fewer a detectable change is itself known too badly to judge people by
(its interval then reaches from a fifth below to a third above)."""


def site_file(data: StudyData, found: StudyFound, today: date) -> SiteFile:
    """What the study found, for the reports of the place where it was made.

    Parameters
    ----------
    data : StudyData
    found : StudyFound
        Of these data.
    today : date

    Returns
    -------
    SiteFile
        Signed with the hash of its content.

    Raises
    ------
    InputError
        Naming everything that stands against it: problems in the data, several cameras, too few people.
    """
    against = list(_against(data, found))
    if against:
        raise InputError("No site file can be written:\n" + "\n".join(f"  - {each}" for each in against))
    result = next(session.result for session in data.sessions if session.result is not None)
    site = SiteFile(
        study=found.name,
        reference=data.plan.reference,
        created=today,
        simulated=found.simulated,
        people=found.people,
        plan_sha256=found.plan_sha256,
        tool=SiteTool(
            version=result.tool.version,
            model_sha256=result.tool.model_sha256,
            estimator=result.tool.estimator,
            calibration_id=result.tool.calibration_id,
        ),
        camera=camera_of(result),
        movements={movement: _movement(found.of(movement)) for movement in Movement},
    )
    return site.signed()


def _against(data: StudyData, found: StudyFound) -> list[str]:
    said = []
    if found.problems:
        said.append(f"grave problems in the data: {len(found.problems)} (neckrom study check)")
    if not found.plan_is_frozen:
        said.append("the plan was changed after it was frozen, without a reason: neckrom study freeze")
    results = [session.result for session in data.sessions if session.result is not None]
    if not results:
        return [*said, "no session was measured"]
    first = camera_of(results[0])
    others = sum(not same_camera(camera_of(result), first) for result in results)
    if others:
        said.append(
            f"{others} of {len(results)} recordings come from another camera, or were measured with other options"
        )
    for movement in found.movements:
        people = max(_people(movement.within_day), _people(movement.between_days))
        if people < FEWEST_PEOPLE:
            said.append(
                f"{movement.movement.label.lower()}: {people} people measured twice, {FEWEST_PEOPLE} are needed"
            )
    return said


def _people(retest: RetestFound | None) -> int:
    return 0 if retest is None or retest.mdc95.value is None else retest.people


def _movement(found: MovementFound) -> SiteMovement:
    agreement = found.agreement
    return SiteMovement(
        people=agreement.people,
        bias_deg=_value(agreement.bias),
        lower_deg=_value(agreement.lower),
        upper_deg=_value(agreement.upper),
        people_retest=max(_people(found.within_day), _people(found.between_days)),
        within_day_mdc95_deg=_mdc(found.within_day),
        between_days_mdc95_deg=_mdc(found.between_days),
    )


def _mdc(retest: RetestFound | None) -> float | None:
    return retest.mdc95.value if retest is not None and retest.people >= FEWEST_PEOPLE else None


def _value(figure: Figure) -> float:
    if figure.value is None:
        raise InputError("No site file can be written: a figure could not be estimated.")
    return figure.value
