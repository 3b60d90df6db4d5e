// One screen for each kind of moment. Each has an element, update(state), key(key) and a first focus.

import { h, icon, setAttribute, setText, show, whenChanged } from "./dom.js";
import { Figure } from "./figure.js";
import { Figures } from "./figures.js";
import { NerveSeen, nerveScreenOf, nerveScreens, turns } from "./nerve.js";
import { PlanSeen, planScreens } from "./plan.js";

/** A big button with its key on it. */
export function choice(label, key, act, extra = {}) {
  return h(
    "button",
    { type: "button", class: `choice ${extra.class ?? ""}`, onclick: act, "aria-keyshortcuts": key, "data-key": key },
    h("kbd", { text: extra.keyName ?? key, "aria-hidden": "true" }),
    h("span", { class: "choice-words" }, h("span", { text: label }), extra.note ? h("small", { text: extra.note }) : null),
  );
}

class Screen {
  constructor(app, name) {
    this.app = app;
    this.element = h("section", { class: `screen screen-${name}` });
    this.build();
  }

  get words() {
    return this.app.words;
  }

  t(key, params) {
    return this.words.text(`page.${key}`, params);
  }

  build() {}
  enter() {}
  update() {}

  /** Where the focus goes when the screen appears; the headline if nowhere else. */
  first() {
    return null;
  }

  /** Whether a key was meant for this screen. */
  key(key) {
    const button = this.element.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!button || button.hidden || button.closest("[hidden]")) return false;
    button.click();
    return true;
  }
}

// ------------------------------------------------------------------- questions

/** Nobody reads a question in so short a time: the key was pressed twice for the one before. */
const BOUNCE_MS = 200;
const ANSWERS = [["1", "yes"], ["2", "no"], ["3", "unsure"]];

export class Safety extends Screen {
  build() {
    this.at = null;
    this.tier = h("p", { class: "tier" });
    this.count = h("p", { class: "count" });
    this.bar = h("div", { class: "bar", "aria-hidden": "true" }, h("div", { class: "bar-done" }));
    this.question = h("h2", { class: "question", tabindex: "-1" });
    this.answers = h(
      "div",
      { class: "answers", role: "group" },
      ANSWERS.map(([key, answer]) => choice(this.t(`answer.${answer}`), key, () => this.answer(answer))),
    );
    this.back = h("button", { type: "button", class: "plain", "data-key": "Backspace", onclick: () => this.goBack() },
      this.t("safety.back"), h("kbd", { text: "⌫", "aria-hidden": "true" }));
    this.asking = h("div", { class: "asking" }, this.tier, this.question, this.answers,
      h("div", { class: "row" }, this.count, this.bar, this.back));
    this.list = h("ul", { class: "answered" });
    this.done = h("div", { class: "asked" },
      h("div", { class: "row" },
        h("h2", { class: "question", tabindex: "-1", text: this.t("safety.review") }),
        choice(this.t("safety.go_on"), "Enter", () => this.app.send({ type: "continue" }), { keyName: "⏎", class: "main" })),
      this.list);
    this.element.append(this.asking, this.done);
    this.showList = whenChanged((questions) => this.lay(questions));
  }

  answer(answer) {
    const question = this.app.state.questions?.[this.shown];
    if (!question || performance.now() - this.since < BOUNCE_MS) return;
    this.at = null;
    this.app.send({ type: "answer", question: question.id, answer });
  }

  goBack() {
    if (this.shown > 0) {
      this.at = this.shown - 1;
      this.update(this.app.state);
      this.question.focus();
    }
  }

  update(state) {
    const questions = state.questions ?? [];
    const open = questions.findIndex((question) => !question.answer);
    const asking = this.at !== null || open >= 0;
    show(this.asking, asking);
    show(this.done, !asking);
    if (!asking) {
      this.showList(questions);
      this.moveOn("done", this.done.querySelector("h2"));
      return;
    }
    this.shown = this.at ?? open;
    const question = questions[this.shown];
    setText(this.tier, this.t(`safety.tier.${question.tier}`));
    setAttribute(this.tier, "data-tier", question.tier);
    setText(this.question, this.words.text(`safety.${question.id}`));
    setAttribute(this.answers, "aria-label", this.question.textContent);
    setText(this.count, this.t("safety.count", { number: this.shown + 1, total: questions.length }));
    this.bar.firstChild.style.width = `${(100 * this.shown) / questions.length}%`;
    show(this.back, this.shown > 0);
    [...this.answers.children].forEach((button, index) => {
      setAttribute(button, "data-chosen", question.answer === ANSWERS[index][1] ? "true" : null);
    });
    this.moveOn(question.id, this.question);
  }

  /** Move the focus along with the question, so that it is read out. */
  moveOn(what, target) {
    if (this.last === what) return;
    const had = this.last !== undefined;
    this.last = what;
    this.since = performance.now();
    if (had && this.app.mayMoveFocus()) target.focus();
  }

  enter() {
    this.last = undefined;
  }

  lay(questions) {
    this.list.replaceChildren(
      ...questions.map((question, index) =>
        h("li", { "data-answer": question.answer },
          h("span", { text: this.words.text(`safety.${question.id}`) }),
          h("b", { text: this.t(`answer.${question.answer ?? "unsure"}`) }),
          h("button", { type: "button", class: "plain", text: this.t("safety.change"),
            "aria-label": this.t("safety.change_one", { number: index + 1 }),
            onclick: () => { this.at = index; this.update(this.app.state); this.question.focus(); } }))),
    );
  }

  first() {
    return this.asking.hidden ? this.done.querySelector("h2") : this.question;
  }
}

export class Refused extends Screen {
  build() {
    this.list = h("ul", { class: "because" });
    this.name = h("input", { id: "clinician", autocomplete: "off", maxlength: "200", required: true, minlength: "2" });
    this.reason = h("textarea", { id: "reason", rows: "2", maxlength: "2000" });
    this.form = h("form", { class: "override", onsubmit: (event) => this.override(event) },
      h("h2", { text: this.t("refused.clinician_title") }),
      h("p", { text: this.t("refused.clinician_text") }),
      h("label", { for: "clinician", text: this.t("refused.name") }), this.name,
      h("label", { for: "reason", text: this.t("refused.reason") }), this.reason,
      h("button", { type: "submit", class: "choice", text: this.t("refused.override") }));
    this.element.append(
      h("div", { class: "calm" },
        h("p", { text: this.t("refused.because") }), this.list,
        h("div", { class: "row" },
          choice(this.t("refused.change"), "c", () => this.app.send({ type: "repeat" }), { keyName: "C" }),
          choice(this.t("finish"), "e", () => this.app.finish(), { keyName: "E" }))),
      this.form);
    this.showList = whenChanged((questions) => {
      this.list.replaceChildren(
        ...questions.map((question) => h("li", {}, h("span", { text: this.words.text(`safety.${question.id}`) }),
          h("b", { text: this.t(`answer.${question.answer ?? "unsure"}`) }))));
    });
  }

  override(event) {
    event.preventDefault();
    const clinician = this.name.value.trim();
    if (clinician.length < 2) return;
    this.app.send({ type: "override", clinician, reason: this.reason.value.trim() });
  }

  update(state) {
    const because = new Set(state.refused_by ?? []);
    this.showList((state.questions ?? []).filter((question) => because.has(question.id)));
    show(this.form, Boolean(state.override_allowed));
  }
}

export class Consent extends Screen {
  build() {
    this.element.append(
      h("div", { class: "cards", role: "group", "aria-label": this.t("consent.label") },
        choice(this.t("consent.without"), "1", () => this.answer(false), { note: this.t("consent.without_note"), class: "card" }),
        choice(this.t("consent.with"), "2", () => this.answer(true), { note: this.t("consent.with_note"), class: "card" })),
      h("p", { class: "quiet", text: this.t("consent.local") }));
  }

  answer(video) {
    this.app.send({ type: "consent", video });
  }
}

// ---------------------------------------------------------------- introduction

export class Intro extends Screen {
  build() {
    this.holder = h("div", { class: "preview-place" });
    this.list = h("ol", { class: "lines" });
    this.element.append(this.holder,
      h("div", { class: "panel intro" }, this.list,
        h("div", { class: "row" },
          choice(this.t("intro.go_on"), "Enter", () => this.app.send({ type: "continue" }), { keyName: "⏎", class: "main" }),
          choice(this.t("intro.again"), "r", () => this.app.send({ type: "repeat" }), { keyName: "R", class: "plain" }))));
    this.showLines = whenChanged((lines) => {
      this.list.replaceChildren(...lines.map((line) => h("li", { text: this.words.of(line) })));
    });
  }

  enter() {
    this.holder.append(this.app.preview.element);
  }

  update(state) {
    this.showLines(state.lines ?? []);
    const now = state.line_now ?? 0;
    [...this.list.children].forEach((line, index) => {
      setAttribute(line, "aria-current", index === now ? "step" : null);
      setAttribute(line, "data-done", index < now ? "true" : null);
    });
    if (now !== this.now) {
      this.now = now;
      this.list.children[now]?.scrollIntoView?.({ block: "nearest" });
    }
  }
}

// -------------------------------------------------------------------- movement

export class Guide extends Screen {
  build() {
    this.holder = h("div", { class: "preview-place" });
    this.checks = h("ul", { class: "checks" });
    this.goodFor = h("div", { class: "good-for" }, h("div", { class: "good-bar" }));
    this.goodWords = h("p", { class: "good-words" });
    this.setup = h("div", { class: "panel setup" }, this.checks, this.goodWords, this.goodFor,
      h("button", { type: "button", class: "plain go-anyway", "data-key": "Enter", onclick: () => this.app.send({ type: "continue" }) },
        this.t("setup.go_anyway"), h("kbd", { text: "⏎", "aria-hidden": "true" })));
    this.seat = h("div", { class: "panel seat" },
      h("h2", { text: this.t("seat.title") }),
      h("ul", {}, ["chair", "feet", "hands", "shoulders", "eyes"].map((name) => h("li", { text: this.t(`seat.${name}`) }))));
    this.moving = h("div", { class: "panel moving" });
    this.figure = new Figure();
    this.element.append(this.holder, this.setup, this.seat, this.moving);
    this.showChecks = whenChanged(([checks, said]) => this.lay(checks, said));
  }

  enter() {
    this.holder.append(this.app.preview.element);
    this.moving.append(this.app.gauge.element, this.figure.element);
  }

  /** Before a movement is done for the first time it is shown; then the gauge follows the head. */
  showFigure(state) {
    const explained = state.wording && state.gauge ? state.gauge.movement : null;
    show(this.figure.element, Boolean(explained));
    if (explained) {
      this.figure.update(explained, this.words.of(state.wording));
      show(this.app.gauge.element, false);
    }
  }

  update(state) {
    show(this.setup, state.phase === "setup");
    show(this.seat, state.phase === "neutral");
    show(this.moving, state.phase !== "setup" && state.phase !== "neutral");
    this.showFigure(state);
    if (state.phase === "setup") {
      this.showChecks([state.checks ?? [], this.words.of(state.detail)]);
      const share = Math.min((state.setup_good_s ?? 0) / 2, 1);
      this.goodFor.firstChild.style.width = `${100 * share}%`;
      setText(this.goodWords, share > 0 ? this.t("setup.starting") : "");
    }
  }

  /** Advice stands in large letters already; only a further one is written beside its check. */
  lay(checks, said) {
    const status = (check) => {
      const advice = this.words.of(check.advice);
      return advice && advice !== said ? advice : this.t(`status.${check.status}`);
    };
    this.checks.replaceChildren(
      ...checks.map((check) =>
        h("li", { "data-status": check.status }, icon(check.status),
          h("span", { class: "check-name", text: this.t(`check.${check.name}`) }),
          h("span", { class: "check-status", text: status(check) }))));
  }
}

export class Pain extends Screen {
  build() {
    const button = (score) => {
      const key = score === 10 ? "t" : String(score);
      return h("button", {
        type: "button", class: "score", "data-key": key, "aria-keyshortcuts": key, "data-score": score,
        "aria-label": this.t("pain.score", { score }), onclick: () => this.answer(score) },
      h("span", { class: `score-bar score-${score}`, "aria-hidden": "true" }),
      h("span", { class: "score-number", text: String(score) }),
      h("kbd", { text: key.toUpperCase(), "aria-hidden": "true" }));
    };
    this.element.append(
      h("div", { class: "scale", role: "group", "aria-label": this.t("pain.label") },
        Array.from({ length: 11 }, (_, score) => button(score))),
      h("div", { class: "ends" }, h("span", { text: this.t("pain.none") }), h("span", { text: this.t("pain.worst") })),
      h("p", { class: "quiet", text: this.t("pain.keys") }),
      choice(this.t("leave_out"), "s", () => this.answer(null), { keyName: "S", class: "plain" }));
  }

  answer(score) {
    const movement = this.app.state.pain_asked;
    if (movement) this.app.send({ type: "pain", movement, score });
  }

}

/** Pain before and after an exercise. */
export class Level extends Pain {
  answer(score) {
    this.app.send({ type: "level", score });
  }
}

export class Chin extends Screen {
  build() {
    const fingers = (n) => choice(this.t(n === 0 ? "chin.touched" : n === 5 ? "chin.more" : n === 1 ? "chin.one" : "chin.fingers", { fingers: n }),
      String(n), () => this.answer(n), { class: "card" });
    this.element.append(
      h("div", { class: "cards chin", role: "group", "aria-label": this.t("chin.label") }, [0, 1, 2, 3, 4, 5].map(fingers)),
      choice(this.t("leave_out"), "s", () => this.answer(null), { keyName: "S", class: "plain" }));
  }

  answer(fingers) {
    this.app.send({ type: "chin", fingers });
  }
}

// --------------------------------------------------------------- interruptions

export class Paused extends Screen {
  build() {
    this.element.append(
      h("div", { class: "calm middle" },
        h("div", { class: "row big" },
          choice(this.t("resume"), "Enter", () => this.app.send({ type: "resume" }), { keyName: "⏎", class: "main" }),
          choice(this.t("finish_now"), "e", () => this.app.finish(), { keyName: "E", note: this.t("finish_now_note") }))));
  }
}

export class CameraLost extends Screen {
  build() {
    this.element.append(
      h("div", { class: "calm" },
        h("ul", { class: "steps" }, ["plug", "other", "wait"].map((name) => h("li", { text: this.t(`camera.${name}`) }))),
        h("div", { class: "row big" },
          choice(this.t("finish_now"), "e", () => this.app.finish(), { keyName: "E", note: this.t("finish_now_note") }))));
  }
}

/** What to do after a stop for pain, dizziness or nausea; it stands above everything else. */
const AFTER_A_STOP = ["sit", "help", "urgent", "doctor"];
const AFTER_A_NERVE_STOP = ["rest", "help", "urgent", "doctor"];
const SAFETY_STOPS = ["pain", "dizziness", "nausea"];

/** Written once, when it is known what was tested. */
function adviseAfterAStop(screen, list, state) {
  if (list.children.length) return;
  const texts = state.nerve ? AFTER_A_NERVE_STOP.map((name) => screen.t(`nerve.stopped.${name}`))
    : AFTER_A_STOP.map((name) => screen.t(`stopped.${name}`));
  list.replaceChildren(...texts.map((text) => h("li", { text })));
}

export class Stopped extends Screen {
  build() {
    this.saved = h("p", { class: "folder" });
    this.done = choice(this.t("stopped.show"), "Enter", () => this.app.finish(), { keyName: "⏎" });
    this.advice = h("ul", { class: "steps" });
    this.element.append(
      h("div", { class: "calm" },
        this.advice,
        h("div", { class: "row big" }, this.done),
        this.saved));
  }

  update(state) {
    adviseAfterAStop(this, this.advice, state);
    setText(this.saved, state.result_dir ? this.t("saved_in", { folder: state.result_dir }) : "");
    show(this.saved, Boolean(state.result_dir));
  }
}

export class Saving extends Screen {
  build() {
    this.bar = h("div", { class: "saving-done" });
    this.track = h("div", { class: "saving-bar", role: "progressbar", "aria-label": this.words.text("headline.saving"),
      "aria-valuemin": "0", "aria-valuemax": "100" }, this.bar);
    this.figures = new Figures(this.words);
    this.seen = new NerveSeen(this.words);
    this.planned = new PlanSeen(this.words);
    this.live = h("p", { class: "quiet" });
    this.element.append(this.track, this.live, this.figures.element, this.planned.element, this.seen.element);
    this.showShare = whenChanged((saving) => this.move(saving));
    this.askFigures = whenChanged(([measured, language]) => {
      if (measured && !this.app.state.nerve) this.figures.load(language);
    });
  }

  /** To where it is, and slowly on towards the next mark. */
  move({ share, next_share: next }) {
    setAttribute(this.track, "aria-valuenow", String(Math.round(100 * share)));
    this.bar.style.transition = "none";
    this.bar.style.width = `${100 * share}%`;
    requestAnimationFrame(() => {
      this.bar.style.transition = "";
      this.bar.style.width = `${100 * (share + 0.9 * (next - share))}%`;
    });
  }

  update(state) {
    this.showShare(state.saving ?? { share: 0, next_share: 0.05 });
    setText(this.live, turns(state) ? "" : this.t(state.exercise ? "plan.as_seen" : state.nerve ? "nerve.as_seen" : "result.live"));
    this.planned.update(state);
    if (state.exercise) show(this.seen.element, false);
    else this.seen.update(state);
    this.askFigures([Boolean(state.measured), this.words.language]);
  }
}

export class Result extends Screen {
  build() {
    this.folder = h("p", { class: "folder" });
    this.links = h("div", { class: "row links" });
    this.after = h("ul", { class: "steps after-stop" });
    this.figures = new Figures(this.words);
    this.end = choice(this.t("finish"), "e", () => this.app.end(), { keyName: "E", class: "main" });
    this.element.append(
      this.after,
      h("div", { class: "row ending" }, this.end, this.links),
      this.figures.element,
      h("p", { class: "quiet", text: this.t("result.statement") }), this.folder);
    this.showReport = whenChanged(([, url, measured, language]) => this.layReport(url, measured, language));
  }

  update(state) {
    show(this.after, SAFETY_STOPS.includes(state.stop_reason));
    adviseAfterAStop(this, this.after, state);
    this.showReport([state.seq && state.result_dir, state.result_url ?? null, Boolean(state.measured), this.words.language]);
    setText(this.folder, state.result_dir ? this.t("saved_in", { folder: state.result_dir }) : "");
  }

  async layReport(url, measured, language) {
    this.links.replaceChildren();
    show(this.figures.element, false);
    if (!url && !measured) return;
    const shown = await this.figures.load(language);
    const [page, pdf] = shown ? [shown.report, shown.pdf] : [url, url?.replace("report.html", "report.pdf")];
    if (!url || !page) return;
    const link = (target, text, key, extra) =>
      h("a", { class: "choice link", href: target, "data-key": key, ...extra }, h("kbd", { text: key.toUpperCase(), "aria-hidden": "true" }), h("span", { text }));
    this.links.replaceChildren(
      link(page, this.t("result.open"), "o", { target: "_blank", rel: "noopener" }),
      link(pdf, this.t("result.pdf"), "d", { download: "neckrom-report.pdf" }),
      ...(shown?.more ?? []).map((each, index) => link(each.report, each.name, String(index + 2), { target: "_blank", rel: "noopener" })));
  }
}

/** Which screen belongs to a phase. */
export const SCREENS = {
  safety: Safety,
  refused: Refused,
  consent: Consent,
  intro: Intro,
  guide: Guide,
  pain: Pain,
  chin: Chin,
  paused: Paused,
  camera_lost: CameraLost,
  stopped: Stopped,
  saving: Saving,
  result: Result,
  level: Level,
  ...nerveScreens(Screen, choice),
  ...planScreens(Screen, choice),
};

const GUIDED = new Set(["setup", "neutral", "announce", "out", "hold", "back"]);

export function screenOf(state) {
  return nerveScreenOf(state) ?? (GUIDED.has(state.phase) ? "guide" : state.phase);
}
