// One screen for each kind of moment. Each has an element, update(state), key(key) and a first focus.

import { h, icon, setAttribute, setText, show, whenChanged } from "./dom.js";

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
    this.element.append(this.holder, this.setup, this.seat, this.moving);
    this.showChecks = whenChanged(([checks, said]) => this.lay(checks, said));
  }

  enter() {
    this.holder.append(this.app.preview.element);
    this.moving.append(this.app.gauge.element);
  }

  update(state) {
    show(this.setup, state.phase === "setup");
    show(this.seat, state.phase === "neutral");
    show(this.moving, state.phase !== "setup" && state.phase !== "neutral");
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

export class Stopped extends Screen {
  build() {
    this.saved = h("p");
    this.done = choice(this.t("stopped.show"), "Enter", () => this.app.finish(), { keyName: "⏎" });
    this.element.append(
      h("div", { class: "calm" },
        h("ul", { class: "steps" }, ["sit", "help", "urgent", "doctor"].map((name) => h("li", { text: this.t(`stopped.${name}`) }))),
        this.saved,
        h("div", { class: "row big" }, this.done)));
  }

  update(state) {
    setText(this.saved, state.result_dir ? this.t("saved_in", { folder: state.result_dir }) : "");
  }
}

export class Saving extends Screen {
  build() {
    this.element.append(h("div", { class: "calm middle" }, h("div", { class: "spinner", "aria-hidden": "true" })));
  }
}

export class Result extends Screen {
  build() {
    this.folder = h("p", { class: "folder" });
    this.links = h("div", { class: "row links" });
    this.verdict = h("section", { class: "box verdict", "aria-label": this.words.text("pages.verdict_label") });
    this.best = h("ul", { class: "best-list" });
    this.next = h("div", { class: "next" });
    this.frame = h("iframe", { class: "report", title: this.t("result.frame") });
    this.side = h("div", { class: "result-side" }, this.verdict, this.links, this.best, this.next, this.folder,
      h("p", { class: "quiet", text: this.t("result.statement") }),
      choice(this.t("finish"), "e", () => this.app.end(), { keyName: "E" }));
    this.element.append(this.side, this.frame);
    show(this.verdict, false);
    this.showReport = whenChanged(([url, language]) => this.layReport(url, language));
  }

  update(state) {
    this.showReport([state.result_url ?? null, this.words.language]);
    setText(this.folder, state.result_dir ? this.t("saved_in", { folder: state.result_dir }) : "");
  }

  /** Everything comes as finished strings, in the page's language. */
  async layReport(url, language) {
    show(this.frame, Boolean(url));
    this.links.replaceChildren();
    if (!url) return;
    const answer = await fetch(`/live/verdict/${language}`);
    const shown = answer.ok ? await answer.json() : { lines: [], meaning: "", bars: [], advice: [], report: url, pdf: url.replace("report.html", "report.pdf") };
    this.frame.src = shown.report;
    const link = (target, text, key, extra) =>
      h("a", { class: "choice link", href: target, "data-key": key, ...extra }, h("span", { text }));
    this.links.replaceChildren(
      link(shown.report, this.t("result.open"), "o", { target: "_blank", rel: "noopener" }),
      link(shown.pdf, this.t("result.pdf"), "d", { download: "neckrom-report.pdf" }));
    this.layVerdict(shown);
    this.best.replaceChildren(...shown.bars.map((item) => this.figure(item)));
    this.next.replaceChildren(...shown.advice.map((text) => h("p", { text })));
  }

  layVerdict({ lines, meaning }) {
    show(this.verdict, lines.length > 0);
    if (!lines.length) return;
    this.verdict.className = `box verdict ${lines[0].grade}`;
    this.verdict.replaceChildren(
      ...lines.map((line) => h("p", {}, h("span", { class: `grade ${line.grade}`, text: `${line.sign} ` }), line.text)),
      meaning ? h("p", { class: "quiet", text: meaning }) : "");
  }

  figure(item) {
    const bar = h("span", { class: "best-fill" });
    bar.style.width = `${100 * item.share}%`;
    const half = h("span", { class: "best-half" });
    half.style.left = `${100 * (item.half_share ?? 0)}%`;
    show(half, item.half_share !== null);
    return h("li", { "data-grade": item.grade },
      h("span", { class: "best-name", text: item.name }),
      h("span", { class: "best-bar", "aria-hidden": "true" }, bar, half),
      h("b", { text: item.best }),
      h("span", { class: `best-note grade ${item.grade}`, text: `${item.sign} ${item.note}` }));
  }
}

/** Which screen belongs to a phase. */
export const SCREENS = {
  safety: Safety,
  refused: Refused,
  consent: Consent,
  guide: Guide,
  pain: Pain,
  chin: Chin,
  paused: Paused,
  camera_lost: CameraLost,
  stopped: Stopped,
  saving: Saving,
  result: Result,
};

const GUIDED = new Set(["setup", "neutral", "announce", "out", "hold", "back"]);

export function screenOf(phase) {
  return GUIDED.has(phase) ? "guide" : phase;
}
