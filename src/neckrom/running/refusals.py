"""What is no run that can be measured, and what to do about it.

Limits are our own, set so that all rendered runners pass, far from what they exclude.
"""

from __future__ import annotations

import numpy as np

from neckrom.body import Body
from neckrom.errors import HiddenFeetError, NotARunError, ObliqueViewError, TooFewStepsError
from neckrom.rounding import whole
from neckrom.running.gait import Gait

FEWEST_STEPS = 10
"""In fewer, medians over the steps and their spread say little."""
LEAST_SWING = 0.07
"""Standard deviation of the legs' movement against each other, in trunk lengths: runners from behind have 0.13 and
more, from the side above 1, standing people below 0.03."""
LEAST_REGULARITY = 0.6
"""How like one stride is to the next: 0.96 and more in runners, 1 = the same."""
_TOGETHER = 0.3
"""Below this the feet move together, as in jumping."""
SLOWEST_SPM, FASTEST_SPM = 110.0, 250.0
"""Steps of both feet a minute."""
OUTSIDE_SHARE = 0.15
"""Of the frames with a body, so many may have a foot outside the picture."""
WIDEST_OBLIQUE_DEG = 32.0
"""Further off the square view nothing was tried; 45 is as much side as back."""
HOW_TO_FILM = (
    "Film 20 to 60 seconds of running at an even speed, from the side or from behind, the whole body in the picture, "
    "with the camera on a stand."
)


def refuse_unseen(body: Body) -> None:
    """Refuse clips in which no body, or too little of it, is seen.

    Parameters
    ----------
    body : Body

    Raises
    ------
    NotARunError, HiddenFeetError
    """
    share = float(body.found.mean()) if len(body) else 0.0
    if share < 0.5 or not np.isfinite(body.scale_px):
        raise NotARunError(
            f"A whole person is seen in only {share:.0%} of the pictures: too few to measure a run. {HOW_TO_FILM}"
        )
    feet = body.pose[body.found][:, 27:33, :2]
    outside = (
        (feet[..., 1] > body.height - 1)
        | (feet[..., 0] < 0)
        | (feet[..., 0] > body.width - 1)
        | (feet[..., 1] < 0)
    )
    hidden = float(outside.any(axis=1).mean())
    if hidden > OUTSIDE_SHARE:
        knees = body.pose[body.found][:, 25:27, 1] > body.height - 1
        if float(knees.any(axis=1).mean()) > 0.5:
            raise NotARunError(
                "The legs are outside the picture: this looks like a clip of the neck. Measure it with "
                f"'neckrom measure CLIP'. For a run: {HOW_TO_FILM}"
            )
        raise HiddenFeetError(
            f"A foot lies outside the picture in {hidden:.0%} of the frames, so contacts cannot be seen. Take the "
            "camera farther back or lower it until both feet stay in the picture."
        )


def refuse_what_is_no_run(gait: Gait | None, body: Body) -> Gait:
    """Refuse standing, sitting, jumping and walking.

    Parameters
    ----------
    gait : Gait or None
        None where the legs have no rhythm.
    body : Body
        Of the same clip.

    Returns
    -------
    Gait
        The one given.

    Raises
    ------
    NotARunError, ObliqueViewError, TooFewStepsError
        The last where the clip shows a person for less than two seconds.
    """
    duration = float(body.time_s[-1] - body.time_s[0]) if len(body) else 0.0
    if duration < 2.0:
        raise TooFewStepsError(
            f"The clip shows {duration:.1f} s of a person: too short for ten steps. {HOW_TO_FILM}"
        )
    if gait is None or gait.rhythm.swing < LEAST_SWING or gait.rhythm.regularity < LEAST_REGULARITY:
        raise NotARunError(_without_rhythm(gait, body))
    if abs(body.view.oblique_deg) > WIDEST_OBLIQUE_DEG:
        raise ObliqueViewError(
            f"The camera looks about {whole(abs(body.view.oblique_deg))}° away from a view from the side or from "
            "behind: angles would be read wrong. Put it at right angles to the running direction, or straight behind."
        )
    cadence = 120.0 / gait.rhythm.period_s
    if hips_highest_over_the_foot(gait):
        raise NotARunError(
            f"This looks like walking: the hips are highest where the foot stands under them ({cadence:.0f} steps a "
            f"minute). Only running is measured. {HOW_TO_FILM}"
        )
    if cadence < SLOWEST_SPM or cadence > FASTEST_SPM:
        raise NotARunError(
            f"The clip shows {cadence:.0f} steps a minute, which is no cadence of running (150 to 200 are usual). If "
            "it is slow motion, say at how many pictures a second it was filmed: --fps-true 120 (or 240)."
        )
    return gait


def refuse_few_steps(steps: int) -> None:
    """Refuse a clip with fewer than ten steps.

    Parameters
    ----------
    steps : int
        Contacts of both feet.

    Raises
    ------
    TooFewStepsError
    """
    if steps < FEWEST_STEPS:
        raise TooFewStepsError(
            f"Only {steps} steps are seen whole; at least {FEWEST_STEPS} are needed. {HOW_TO_FILM}"
        )


def hips_highest_over_the_foot(gait: Gait) -> bool:
    """Whether the person vaults over the standing leg, as in walking, rather than bounces on it, as in running.

    Compares the height of the hips around the middle of the stance with that around its ends. In running the hips are
    lowest in mid-stance (spring-mass), in walking highest (inverted pendulum); Cavagna, Heglund & Taylor 1977.

    Parameters
    ----------
    gait : Gait

    Returns
    -------
    bool
    """
    rises = []
    for foot in (gait.left, gait.right):
        course = foot.strides.course
        stance = foot.off_rel_s - foot.contact_rel_s
        middle, _ = course.at(foot.contact_rel_s + stance * np.linspace(0.35, 0.65, 7))
        ends, _ = course.at(foot.contact_rel_s + stance * np.array([-0.1, 0.0, 0.1, 0.9, 1.0, 1.1]))
        rises.append(float(np.median(middle[:, 8]) - np.mean(ends[:, 8])))
    return float(np.mean(rises)) > 0.0


def _legs_apart(body: Body) -> float:
    """How much the feet move against each other, forward or up, as a standard deviation in trunk lengths.

    It needs no rhythm: a walk that was slowed down swings the legs, too.
    """
    apart = (body.point("ankle", "left") - body.point("ankle", "right")) / body.scale_px
    known = apart[np.isfinite(apart).all(axis=1)]
    return float(known.std(axis=0).max()) if len(known) else 0.0


def _without_rhythm(gait: Gait | None, body: Body) -> str:
    """What a clip without a run's rhythm may be."""
    height = -body.middle("hip")[:, 1] / body.scale_px
    known = height[np.isfinite(height)]
    bounce = float(np.percentile(known, 95) - np.percentile(known, 5)) if len(known) else 0.0
    legs = _legs_apart(body)
    still = legs < LEAST_SWING if gait is None else gait.rhythm.swing < LEAST_SWING
    together = legs < _TOGETHER and (gait is None or gait.rhythm.swing < _TOGETHER)
    if bounce > 0.12 and together:
        return f"Both feet move together: this looks like jumping, not running. {HOW_TO_FILM}"
    if still:
        return (
            "The person stands or sits; no run is seen. A standing person is measured with 'neckrom posture', the neck "
            f"with 'neckrom measure'. For a run: {HOW_TO_FILM}"
        )
    return f"No even rhythm of running is seen in the legs. {HOW_TO_FILM}"
