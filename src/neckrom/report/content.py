"""What the report says, in order: HTML and PDF show the same content, each in its own way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.report import wording
from neckrom.report.letterhead import NOBODY, Letterhead, facts_of
from neckrom.report.pictures import EndRangePicture
from neckrom.report.site_words import site_rows, trust_of
from neckrom.result import AsymmetryResult, MovementResult, Result, TrialResult
from neckrom.saying import figures
from neckrom.saying.grades import LOOKS, Grade
from neckrom.saying.sentences import norm_words, said_or
from neckrom.saying.verdict import (
    MovementSaid,
    Verdict,
    movements_said,
    state_of,
    stopped_for_safety,
    verdict_of,
)
from neckrom.types import MOVEMENTS, PAIRS, Movement

NONE = figures.NONE


@dataclass(frozen=True, slots=True)
class Table:
    """A table as words.

    Attributes
    ----------
    columns : tuple of str
    rows : tuple of tuple of str
        The first cell names the row.
    grades : tuple of Grade
        Of the rows.
    widths : tuple of int
        Of the columns, in percent.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    grades: tuple[Grade, ...]
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shot:
    """An end-range picture with its words."""

    picture: EndRangePicture
    caption: str
    description: str


@dataclass(frozen=True, slots=True)
class Content:
    """The whole report as words; figures are made where they are placed.

    Attributes
    ----------
    texts : Messages
        Of the reader's language.
    facts, verdict, client, shots, no_shots, advice : for everybody, on the first page
    movements and all that follow : for clinicians
    method : small print
    """

    texts: Messages = field(repr=False)
    clip_name: str
    facts: tuple[tuple[str, str], ...]
    logo: bytes
    verdict: Verdict
    client: Table
    described: str
    shots: tuple[Shot, ...]
    no_shots: str
    advice: tuple[str, ...]
    source: tuple[tuple[str, str], ...]
    rom_description: str
    movements: Table
    movements_note: str
    reasons: Table
    asymmetry: Table
    asymmetry_notes: tuple[str, ...]
    trace_description: str
    trials: Table
    trials_note: str
    trial_notes: tuple[str, ...]
    set_aside: tuple[str, ...]
    quality: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    method: tuple[tuple[str, str], ...]
    statement: str
    closing: str
    trust: str
    """How far it can be trusted: in general, or as a study of this place found."""

    def text(self, key: str, **values: str | int) -> str:
        """A text of the report by the end of its key."""
        return self.texts.text(f"report.{key}", **values)


def content_of(
    result: Result,
    pictures: Mapping[Movement, EndRangePicture],
    texts: Messages | None = None,
    head: Letterhead = NOBODY,
) -> Content:
    """Put a result into words.

    Parameters
    ----------
    result : Result
    pictures : mapping of Movement to EndRangePicture
        May be empty; the report then says why there are none.
    texts : Messages, optional
        English if not given.
    head : Letterhead
        Who was measured, when and by whom.

    Returns
    -------
    Content
    """
    return _Writer(result, texts or load_messages(FALLBACK), head).content(pictures)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes one result in one language."""

    result: Result
    texts: Messages
    head: Letterhead

    def content(self, pictures: Mapping[Movement, EndRangePicture]) -> Content:
        result, said = self.result, movements_said(self.result, self.texts)
        verdict = verdict_of(result, self.texts)
        client = client_table(said, self.texts)
        return Content(
            texts=self.texts,
            clip_name=wording.display_name(result.clip.name),
            facts=facts_of(self.head, result.created, self.texts),
            logo=self.head.logo,
            verdict=verdict,
            client=client,
            described=described(client),
            shots=self._shots(pictures, said),
            no_shots=self._t("picture.replayed" if result.clip.kind == "landmarks" else "picture.none"),
            advice=advice(result, verdict, self.texts),
            source=self._source(),
            rom_description=self._rom_description(said),
            movements=self._movements(said),
            movements_note=self._movements_note(),
            reasons=self._reasons(said),
            asymmetry=self._asymmetry(),
            asymmetry_notes=tuple(self._asymmetry_notes()),
            trace_description=self._t(
                "described.traces",
                time=figures.seconds(result.clip.duration_s, self.texts),
                trials=sum(len(item.trials) for item in result.movements),
            ),
            trials=self._trials(),
            trials_note=f"{self._t('note.trials')} {self._t('note.rounded')}",
            trial_notes=tuple(self._trial_notes()),
            set_aside=tuple(self._set_aside()),
            quality=self._quality(),
            warnings=tuple(self._warnings()),
            method=self._method(),
            statement=self._about(),
            closing=self.texts.text("verdict.no_diagnosis"),
            trust=trust_of(self.result, self.head.site, self.texts),
        )

    def _t(self, key: str, **values: str | float) -> str:
        return self.texts.text(f"report.{key}", **values)

    def _columns(self, *names: str) -> tuple[str, ...]:
        return tuple(self._t(f"column.{name}") for name in names)

    def _name(self, movement: Movement) -> str:
        return self.texts.text(f"clinician.movement.{movement.value}")

    # -- where it comes from

    def _source(self) -> tuple[tuple[str, str], ...]:
        clip = self.result.clip
        kind = "session" if self.result.session is not None else clip.kind
        length = figures.seconds(clip.duration_s, self.texts)
        return (
            (self._t(f"fact.{kind}"), f"{wording.display_name(clip.name)} ({length})"),
            (self._t("fact.norms"), self._norms()),
        )

    def _norms(self) -> str:
        """Title of the norm set; of those that ship in the reader's language."""
        return wording.display_name(norm_words(self.result.norms.title, self.texts), limit=300)

    def _about(self) -> str:
        key = self.result.statement_key
        return self.texts.text(key) if key in self.texts.texts else wording.sentence(self.result.statement)

    # -- range

    def _rom_description(self, said: tuple[MovementSaid, ...]) -> str:
        what = "; ".join(f"{item.clinical_name} {item.long_best}, {item.meaning}" for item in said)
        return self._t("described.rom", what=what)

    def _movements(self, said: tuple[MovementSaid, ...]) -> Table:
        rows = tuple(
            (
                words.clinical_name,
                words.long_best,
                words.long_interval,
                words.long_mean,
                self._reference(item),
                words.long_of_norm,
                f"{words.sign} {words.meaning}",
            )
            for item, words in zip(self.result.movements, said, strict=True)
        )
        return Table(
            self._columns("movement", "best", "interval", "mean", "reference", "percent", "meaning"),
            rows,
            tuple(words.grade for words in said),
            (17, 11, 14, 14, 17, 9, 18),
        )

    def _reference(self, item: MovementResult) -> str:
        healthy = figures.span(item.healthy_low_deg, item.healthy_high_deg, self.texts)
        own = figures.reference(item.reference_deg, self.texts)
        return own if healthy == NONE else self._t("healthy", reference=own, healthy=healthy)

    def _movements_note(self) -> str:
        notes = [self._t("note.rom")]
        if any(item.trials and item.mean_deg is None for item in self.result.movements):
            notes.append(self._t("note.no_mean"))
        return " ".join(notes)

    def _reasons(self, said: tuple[MovementSaid, ...]) -> Table:
        """Why each flag is or is not raised; pain that nobody asked for is said once, in the verdict."""
        rows = tuple(
            (
                words.clinical_name,
                self._reason(item),
                NONE if item.pain_flag == "could_not_judge" else words.long_pain,
                NONE
                if not item.trials
                else wording.readable(
                    said_or(item.compensation_statements, item.compensation_reason, self.texts)
                ),
            )
            for item, words in zip(self.result.movements, said, strict=True)
        )
        return Table(
            self._columns("movement", "range", "pain", "trunk"),
            rows,
            tuple(words.grade for words in said),
            (17, 42, 13, 28),
        )

    def _reason(self, item: MovementResult) -> str:
        """Of a movement that the session did not come to, what became of it; else why it is judged as it is."""
        state = state_of(item, self.result)
        if state in ("skipped", "broken_off", "not_reached", "not_planned"):
            return wording.sentence(self.texts.text(f"meaning.{state}"))
        return wording.readable(said_or(item.reason_statements, item.reason, self.texts))

    # -- sides

    def _asymmetry(self) -> Table:
        grades = {"flagged": Grade.RAISED, "not_flagged": Grade.CALM, "could_not_judge": Grade.OPEN}
        return Table(
            self._columns("pair", "left", "right", "difference", "substantial"),
            tuple(self._asymmetry_row(item) for item in self.result.asymmetry),
            tuple(grades[item.flag] for item in self.result.asymmetry),
            (18, 19, 19, 22, 22),
        )

    def _asymmetry_row(self, item: AsymmetryResult) -> tuple[str, ...]:
        left, right = PAIRS[0] if item.pair == "rotation" else PAIRS[1]
        difference = NONE
        if item.difference_deg is not None:
            difference = figures.short_angle(item.difference_deg)
            if item.percent is not None:
                difference += f" ({figures.short_percent(item.percent, self.texts)})"
        grade = {"flagged": Grade.RAISED, "not_flagged": Grade.CALM, "could_not_judge": Grade.OPEN}[item.flag]
        return (
            self.texts.text(f"pair.{item.pair}"),
            self._side(item.left_deg, self.result.of(left)),
            self._side(item.right_deg, self.result.of(right)),
            difference,
            f"{LOOKS[grade].sign} {self._t(f'substantial.{item.flag}')}",
        )

    def _side(self, mean_deg: float | None, item: MovementResult) -> str:
        """Mean of one side; where there is none, the bound of its best trial."""
        if mean_deg is None and item.best_deg is not None:
            return figures.angle(item.best_deg, self.texts, bound=item.lower_bound)
        return figures.angle(mean_deg, self.texts)

    def _asymmetry_notes(self) -> Iterator[str]:
        for item in self.result.asymmetry:
            reason = said_or(item.reason_statements, item.reason, self.texts)
            yield f"{self.texts.text(f'pair.{item.pair}')}: {wording.readable(reason)}"
        note = self._first_turn()
        if note:
            yield note

    def _first_turn(self) -> str:
        """Nothing for a guided session: its camera does not mirror."""
        if self.result.session is not None:
            return ""
        quality = self.result.quality
        stated = () if quality.first_turn_statement is None else (quality.first_turn_statement,)
        return wording.readable(said_or(stated, quality.first_turn_note, self.texts))

    # -- pictures

    def _shots(
        self, pictures: Mapping[Movement, EndRangePicture], said: tuple[MovementSaid, ...]
    ) -> tuple[Shot, ...]:
        words = {item.movement: item for item in said}
        shots = []
        for movement in MOVEMENTS:
            if movement in pictures:
                picture = pictures[movement]
                when = figures.seconds(picture.time_s, self.texts)
                shots.append(
                    Shot(
                        picture,
                        self._t("picture.caption", time=when),
                        self._t(
                            "picture.described",
                            movement=f"clinician.movement.{movement.value}",
                            value=words[movement].long_best,
                            time=when,
                        ),
                    )
                )
        return tuple(shots)

    # -- trials

    def _trials(self) -> Table:
        rows = tuple(
            self._trial_row(item, number, trial)
            for item in self.result.movements
            for number, trial in enumerate(item.trials, start=1)
        )
        return Table(
            self._columns("trial", "times", "end", "interval", "trunk", "planes"),
            rows,
            tuple(Grade.CALM for _ in rows),
            (20, 19, 14, 15, 9, 23),
        )

    def _trial_row(self, item: MovementResult, number: int, trial: TrialResult) -> tuple[str, ...]:
        moments = (trial.start_s, trial.peak_s, trial.end_s)
        between = ", " if self.texts.point == "." else "; "
        return (
            f"{self._name(item.movement)} {number}",
            between.join(figures.tenths(time_s, self.texts) for time_s in moments),
            figures.angle(trial.peak_deg, self.texts, bound=trial.lower_bound),
            figures.interval(trial.interval95_deg, self.texts),
            figures.signed(trial.compensation_deg),
            wording.coupling_text(item.movement, trial, self.texts),
        )

    def _trial_notes(self) -> Iterator[str]:
        for item in self.result.movements:
            for number, trial in enumerate(item.trials, start=1):
                if trial.note:
                    stated = () if trial.note_statement is None else (trial.note_statement,)
                    note = said_or(stated, trial.note, self.texts)
                    yield f"{self._name(item.movement)} {number}: {wording.readable(note)}"

    def _set_aside(self) -> Iterator[str]:
        for item in self.result.movements:
            for trial in item.set_aside:
                stated = () if trial.reason_statement is None else (trial.reason_statement,)
                why = wording.readable(said_or(stated, trial.reason, self.texts))
                when = figures.seconds(trial.peak_s, self.texts)
                size = figures.angle(trial.peak_deg, self.texts)
                yield f"{self._name(item.movement)}, {when}, {size}: {why}"

    # -- quality and method

    def _warnings(self) -> Iterator[str]:
        quality = self.result.quality
        for number, warning in enumerate(quality.warnings):
            stated = quality.warning_statements[number : number + 1]
            known = tuple(item for item in stated if item is not None)
            yield wording.readable(said_or(known, warning, self.texts))

    def _quality(self) -> tuple[tuple[str, str], ...]:
        quality, neutral, camera = self.result.quality, self.result.neutral, self.result.camera
        ends = {
            "start": figures.tenths(neutral.start_s, self.texts),
            "end": figures.tenths(neutral.end_s, self.texts),
        }
        where = self._t(f"quality.neutral_{neutral.origin}", **ends)
        if neutral.drift_deg is not None:
            where += self._t("quality.drift", drift=neutral.drift_deg)
        interval = () if quality.interval_statement is None else (quality.interval_statement,)
        lens = "assumed" if camera.assumed else "known"
        rows = [
            (
                "frames",
                self._t(
                    "quality.frames_text",
                    percent=quality.frames_measured_percent,
                    face=quality.face_found_percent,
                ),
            ),
            ("neutral", where),
            ("camera", self._camera(lens)),
            ("intervals", wording.readable(said_or(interval, quality.interval_note, self.texts))),
        ]
        told = [(self._t(f"quality.{name}"), value) for name, value in rows]
        return (*told, *site_rows(self.result, self.head.site, self.texts))

    def _camera(self, lens: str) -> str:
        camera = self.result.camera
        if camera.assumed and camera.hfov_interval95_deg is not None:
            low, high = camera.hfov_interval95_deg
            said = self.texts.text(
                "clinician.method.lens_estimated", angle=camera.hfov_deg, low=low, high=high
            )
        else:
            said = self._t(f"quality.camera_{lens}", angle=camera.hfov_deg)
        return f"{said} {self.texts.text(f'clinician.method.{camera.view}')}"

    def _method(self) -> tuple[tuple[str, str], ...]:
        result = self.result
        tool, clip, settings = result.tool, result.clip, result.configuration.settings
        title, citation = (
            self._norms(),
            wording.readable(norm_words(result.norms.citation, self.texts)),
        )
        rows = [
            ("references", f"{title}. {citation}"),
            ("sources", self._sources()),
            ("angles", self._t("convention")),
            ("tool", f"{tool.name} {tool.version}, {tool.engine}, {tool.estimator}"),
            ("calibration", tool.calibration_id),
            ("clip", self._clip()),
            ("sha_clip", clip.sha256),
            ("sha_models", tool.model_sha256),
            ("sha_norms", result.norms.sha256),
        ]
        if result.configuration.protocol is not None:
            rows.append(("protocol", wording.display_name(result.configuration.protocol, 200)))
        if settings:
            told = ", ".join(f"{name} {_setting(value)}" for name, value in sorted(settings.items()))
            rows.append(("settings", told))
        return tuple((self._t(f"method.{name}"), value) for name, value in rows)

    def _clip(self) -> str:
        clip = self.result.clip
        pixels = f"{clip.width} x {clip.height}"
        parts = [self._t("method.clip_text", frames=clip.frames, fps=clip.fps, pixels=pixels)]
        if (clip.width, clip.height) != (clip.measured_width, clip.measured_height):
            seen = f"{clip.measured_width} x {clip.measured_height}"
            parts.append(self._t("method.measured_at", pixels=seen))
        if clip.mirrored:
            parts.append(self._t("method.mirrored"))
        return ", ".join(parts)

    def _sources(self) -> str:
        """References by their source, each source once."""
        by_source: dict[str, list[str]] = {}
        for item in self.result.movements:
            name = f"{self._name(item.movement)} {figures.reference(item.reference_deg, self.texts)}"
            by_source.setdefault(self._source_of(item.reference_source), []).append(name)
        return " ".join(f"{', '.join(names)}: {source}" for source, names in by_source.items())

    def _source_of(self, told: str) -> str:
        """A source with its population in brackets, which norm sets that ship say in every language."""
        source, bracket, population = told.removesuffix(")").rpartition(" (")
        if not bracket or not told.endswith(")"):
            return wording.readable(told)
        return wording.readable(f"{norm_words(source, self.texts)} ({norm_words(population, self.texts)})")


# ------------------------------------------------------------- shared with hand-outs


def client_table(said: tuple[MovementSaid, ...], texts: Messages) -> Table:
    """The six movements for everybody."""
    columns = (
        texts.text("course.column.movement"),
        *(texts.text(f"pages.column.{name}") for name in ("best", "norm", "of_norm", "pain")),
        texts.text("report.column.meaning"),
    )
    rows = tuple(
        (
            words.name,
            words.best_with_interval,
            words.norm,
            words.of_norm,
            words.pain,
            f"{words.sign} {words.meaning}",
        )
        for words in said
    )
    return Table(columns, rows, tuple(words.grade for words in said), (21, 17, 10, 12, 10, 30))


def described(table: Table) -> str:
    """A table in a sentence, for those who cannot see its figure."""
    return "; ".join(", ".join(cell for cell in row if cell != NONE) for row in table.rows) + "."


def advice(result: Result, verdict: Verdict, texts: Messages) -> tuple[str, ...]:
    """What to do next, for the person."""
    names = {finding.name for finding in verdict.findings}
    keys = []
    if stopped_for_safety(result) or "override" in names:
        keys.append("stopped")
    elif names & {"lost", "painful", "uneven"}:
        keys.append("raised")
    if "trunk" in names:
        keys.append("trunk")
    if any(finding.grade is Grade.OPEN for finding in verdict.findings):
        keys.append("open")
    if not keys:
        keys.append("calm")
    return tuple(texts.text(f"report.next.{key}") for key in keys)


def _setting(value: float | int | str | bool) -> str:
    return f"{value:g}" if isinstance(value, float) else wording.display_name(str(value), 200)
