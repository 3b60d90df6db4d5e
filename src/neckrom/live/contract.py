"""What the page and the session say to each other.

The page sends :data:`Command` as JSON text; the session answers with :class:`State`, a whole snapshot
each time, so that a page that was opened late or lost a message is right again with the next one.
Texts travel as keys of the message files with their parameters, never as sentences: each page speaks
its own language. Degrees; seconds; left and right are the person's.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from neckrom.types import Movement


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Phase(StrEnum):
    """Where a session stands."""

    SAFETY = "safety"
    """Questions before anything moves."""
    REFUSED = "refused"
    """A safety answer ended it; a clinician may override with their name."""
    CONSENT = "consent"
    """Whether the picture may be stored."""
    INTRO = "intro"
    """The voice says what is coming, and sounds the tones; only where a page says that it is heard."""
    SETUP = "setup"
    """Seat, camera and light are checked; goes on by itself."""
    NEUTRAL = "neutral"
    """Look straight ahead, sit still."""
    ANNOUNCE = "announce"
    """The voice says what comes next; the head is at rest."""
    OUT = "out"
    """On the way to end range."""
    HOLD = "hold"
    """At end range."""
    BACK = "back"
    """Captured; on the way back."""
    PAIN = "pain"
    """Pain 0 to 10 after a direction."""
    CHIN = "chin"
    """Whether the chin touched the chest, or how many fingers were between."""
    POSITION = "position"
    """Nerve tests: the voice says how to sit or lie; the limb is at its start. Turning the trunk: in the middle."""
    LEAD = "lead"
    """Nerve tests: the limb is led slowly, until "now". Turning the trunk: slowly to the side."""
    CHANGE = "change"
    """Nerve tests: the limb is held, one joint moves alone."""
    ANSWER = "answer"
    """Nerve tests: whether that made it more, less, or neither."""
    WHOSE = "whose"
    """Nerve tests: whether it was the person's own running pain, or a stretch."""
    LEVEL = "level"
    """Plans: pain 0 to 10, before and after."""
    EXERCISE = "exercise"
    """Plans: out to the mark and back, again and again."""
    PAUSED = "paused"
    CAMERA_LOST = "camera_lost"
    STOPPED = "stopped"
    """Ended by the person for pain, dizziness or nausea: no way back into the test."""
    SAVING = "saving"
    RESULT = "result"


ToneName = Literal["captured", "attention", "countdown", "finished"]


class Text(_Strict):
    """A message: its key in the message files, and what is put into it."""

    key: str
    params: dict[str, str | int | float] = Field(default_factory=dict)


class Spoken(Text):
    """To be spoken once, in order; ``id`` rises by one with each."""

    id: int
    cuts: bool = False
    """It cannot wait: what is being said is broken off for it."""
    then: Literal["rising", "captured"] | None = None
    """A tone to be sounded after it, as an example."""


class Tone(_Strict):
    """To be sounded once; ``id`` rises by one with each."""

    id: int
    name: ToneName


class Check(_Strict):
    """One point of the set-up check."""

    name: Literal[
        "person",
        "alone",
        "head_room",
        "shoulders",
        "distance",
        "centred",
        "level",
        "height",
        "light",
        "contrast",
        "frame_rate",
        "feet",
        "view",
        "posture",
        "hips",
        "front",
        "knees",
        "arms",
    ]
    status: Literal["good", "bad", "unknown"]
    advice: Text | None = None
    """What to change; only for the worst one is it spoken."""


class Question(_Strict):
    """A safety question; its words are in the message files under ``safety.<id>``."""

    id: str
    tier: Literal["stop", "clinician", "sign"]
    answer: Literal["yes", "no", "unsure"] | None = None


class Gauge(_Strict):
    """The movement in progress; angles positive in the direction that is asked for."""

    movement: Movement
    warm_up: bool
    trial: int
    """From 1."""
    trials: int
    angle_deg: float | None
    """Null: cannot be told now."""
    sd_deg: float | None
    lower_bound: bool
    best_deg: float | None
    """Largest angle of this repetition so far."""
    reference_deg: float | None
    healthy_low_deg: float | None
    healthy_high_deg: float | None
    hold_share: float = 0.0
    """How far the hold at end range has got, 0 to 1."""
    angle_said: str = ""
    """The angles above as a page writes them; empty where there is none. Pages round nothing themselves."""
    best_said: str = ""
    reference_said: str = ""
    half_said: str = ""
    healthy_low_said: str = ""
    healthy_high_said: str = ""


class TrialState(_Strict):
    """One repetition of the protocol."""

    movement: Movement
    warm_up: bool
    trial: int
    status: Literal["to_come", "now", "done", "skipped"]
    peak_deg: float | None = None
    lower_bound: bool = False
    pain_onset_deg: float | None = None
    trunk_deg: float | None = None
    """Largest trunk movement in the same plane."""
    trunk_moved: bool = False
    """More than was allowed: it may be repeated."""
    peak_said: str = "–"
    """The angles above as a page writes them: a bound rounded down, a dash where there is none."""
    pain_onset_said: str = "–"
    trunk_said: str = "–"


class HeadPose(_Strict):
    """For drawing on the preview; pixels of the picture as the camera gives it, not mirrored."""

    origin: tuple[float, float]
    anterior: tuple[float, float]
    superior: tuple[float, float]
    right: tuple[float, float]


Limb = tuple[tuple[float, float], ...]
"""Points to be joined on the preview; pixels of the picture as the camera gives it, not mirrored."""


class NerveRepetitionState(_Strict):
    """One repetition of a nerve test, or one turn of the trunk: of that no angle is told live."""

    position: str
    side: Literal["left", "right"]
    number: int
    status: Literal["to_come", "now", "done", "skipped"]
    felt: bool | None = None
    """Whether something was felt; null while it is not over."""
    angle_said: str = "–"
    """Where it was first felt, or how far it went, as seen live."""
    whose: Literal["own", "stretch"] | None = None


class NerveState(_Strict):
    """Where a session of nerve tests, or of turning the trunk, stands."""

    test: Literal["slump", "slr", "arms", "upper_back"]
    position: str | None = None
    """Which position of the test; its figure and names go by it."""
    side: Literal["left", "right"] | None = None
    joint: str | None = None
    """What alone is moved, or asked about."""
    angle_said: str = "–"
    """The angle that is led, now."""
    symptom_said: str = ""
    """The same when something was first felt; empty before."""
    held: bool | None = None
    repetitions: tuple[NerveRepetitionState, ...] = ()


class SetState(_Strict):
    """The exercise of one side."""

    side: Literal["left", "right"]
    counted: int
    """Repetitions that reached the mark."""
    wanted: int
    status: Literal["to_come", "now", "done", "skipped"]
    mark_said: str = "–"
    limit_said: str = "–"
    """Today's symptom angle."""
    before_said: str = "–"
    after_said: str = "–"
    """The key test before and after, as seen live."""


class ExerciseState(_Strict):
    """Where the session of a plan stands, beside its test."""

    title: Text
    asked: Literal["before", "after"] | None = None
    """Which pain is asked for."""
    pain_before: int | None = None
    pain_after: int | None = None
    share: float | None = None
    """How far the limb is on its way from rest to today's symptom angle, 0 to 1; null where it is not seen."""
    mark_share: float = 0.8
    """Where on that way the mark lies."""
    where: Literal["rest", "out", "reached", "too_far"] | None = None
    sets: tuple[SetState, ...] = ()


class Saving(_Strict):
    """How far the report is."""

    share: float
    """0 to 1, as far as it has come."""
    next_share: float
    """As far as it will be when the step that is being done is over."""


class State(_Strict):
    """Everything that a page shows."""

    type: Literal["state"] = "state"
    seq: int
    time_s: float
    """Since the session began, in the camera's time."""
    phase: Phase
    role: Literal["controls", "watches"]
    headline: Text
    """What to do now, in a few words."""
    detail: Text | None = None
    say: tuple[Spoken, ...] = ()
    """The last few; a page speaks those with an id that it has not spoken."""
    tones: tuple[Tone, ...] = ()
    questions: tuple[Question, ...] = ()
    refused_by: tuple[str, ...] = ()
    """Ids of the questions that ended it."""
    override_allowed: bool = False
    checks: tuple[Check, ...] = ()
    setup_good_s: float = 0.0
    lines: tuple[Text, ...] = ()
    """The introduction, line by line."""
    line_now: int | None = None
    """Which of them is being spoken."""
    wording: Text | None = None
    """The movement in full, while it is announced for the first time."""
    gauge: Gauge | None = None
    progress: tuple[TrialState, ...] = ()
    pain: dict[Movement, int] = Field(default_factory=dict)
    pain_asked: Movement | None = None
    angles_deg: tuple[float | None, float | None, float | None] = (None, None, None)
    """Neck: flexion, side-bend (+ right), rotation (+ right); null is not measured."""
    trunk_deg: tuple[float | None, float | None, float | None] = (None, None, None)
    angles_said: tuple[str, str, str] = ("–", "–", "–")
    trunk_said: tuple[str, str, str] = ("–", "–", "–")
    nerve: NerveState | None = None
    """Of a session of nerve tests or of turning the trunk; null in one of the neck."""
    exercise: ExerciseState | None = None
    """Of the session of a plan; null in every other."""
    pose: HeadPose | None = None
    limbs: tuple[Limb, ...] = ()
    picture_size: tuple[int, int] | None = None
    recording: bool = False
    """The picture is being stored."""
    notes: tuple[str, ...] = ()
    warnings: tuple[Text, ...] = ()
    stop_reason: Literal["pain", "dizziness", "nausea", "tired", "other"] | None = None
    saving: Saving | None = None
    """How far the report is, while it is being made."""
    measured: bool = False
    """Something was measured that counts: its figures can be asked for."""
    result_url: str | None = None
    """Path of the report on this server, once it is written."""
    result_dir: str | None = None


class Answer(_Strict):
    """Of a safety question."""

    type: Literal["answer"]
    question: str
    answer: Literal["yes", "no", "unsure"]


class Override(_Strict):
    """A clinician goes on in spite of a safety answer; name and reason are recorded."""

    type: Literal["override"]
    clinician: Annotated[str, Field(min_length=2, max_length=200)]
    reason: Annotated[str, Field(max_length=2000)] = ""


class Consent(_Strict):
    """Whether the picture may be stored."""

    type: Literal["consent"]
    video: bool


class Simple(_Strict):
    """A button without further words."""

    type: Literal[
        "continue",
        "pause",
        "resume",
        "repeat",
        "skip",
        "rezero",
        "hurts_now",
        "now",
        "felt_nothing",
        "take_control",
        "finish",
    ]


class Stop(_Strict):
    """End the session; pain, dizziness and nausea leave no way back."""

    type: Literal["stop"]
    reason: Literal["pain", "dizziness", "nausea", "tired", "other"]


class Redo(_Strict):
    """Do one repetition again; the old one is kept in the record and not counted."""

    type: Literal["redo"]
    movement: Movement
    trial: int


class Heard(_Strict):
    """The page has spoken, or shown for as long as it takes to read, everything up to a sentence."""

    type: Literal["heard"]
    id: Annotated[int, Field(ge=0)]


class Pain(_Strict):
    """After a direction; null is left out."""

    type: Literal["pain"]
    movement: Movement
    score: Annotated[int, Field(ge=0, le=10)] | None


class Chin(_Strict):
    """After flexion: 0 fingers is touching; null is left out."""

    type: Literal["chin"]
    fingers: Annotated[int, Field(ge=0, le=8)] | None


class Changed(_Strict):
    """What moving one joint alone did to the symptom; null is left out."""

    type: Literal["changed"]
    answer: Literal["more", "less", "same"] | None


class Whose(_Strict):
    """Whether it was the person's own running pain (of an arm: painful tightness or sharp pain), or a stretch; null is
    left out.
    """

    type: Literal["whose"]
    pain: Literal["own", "stretch"] | None


class Level(_Strict):
    """Pain 0 to 10 before or after an exercise; null is left out."""

    type: Literal["level"]
    score: Annotated[int, Field(ge=0, le=10)] | None


class Note(_Strict):
    """Added to the record."""

    type: Literal["note"]
    text: Annotated[str, Field(min_length=1, max_length=5000)]


Command = Annotated[
    Answer | Override | Consent | Simple | Stop | Redo | Pain | Chin | Changed | Whose | Level | Note,
    Field(discriminator="type"),
]
COMMANDS: TypeAdapter[Command] = TypeAdapter(Command)
RECORDED: TypeAdapter[Command | Heard] = TypeAdapter(Annotated[Command | Heard, Field(discriminator="type")])
"""What a page tells a session: commands of the user, and how far its voice is."""
