// Screens of a session of nerve tests, and of turning the trunk: the position, the limb that is led until something is felt, one change
// alone, and the two questions. Everything else is as in any session.

import { h, setAttribute, setText, show, whenChanged } from "./dom.js";
import { NerveFigure } from "./nerve_figure.js";

export const NERVE_MOVING = ["position", "lead", "hold", "change", "back"];
export const NERVE_ASKING = ["answer", "whose"];

/** Whether a phase, in this state, is one of a nerve test. */
export function nervePhase(state) {
  const { phase } = state;
  return Boolean(state.nerve) && [...NERVE_MOVING, ...NERVE_ASKING].includes(phase);
}

/** The screen of a state of a nerve test; null where it is one of every session. */
export function nerveScreenOf(state) {
  if (!nervePhase(state)) return null;
  return NERVE_ASKING.includes(state.phase) ? `nerve_${state.phase}` : "nerve_guide";
}

/** Whether it is the trunk that turns: no angle is shown while it does, and nothing is asked. */
export const turns = (state) => state?.nerve?.test === "upper_back";

/** Repetitions as the bar below shows them. */
export function nerveProgress(state, words) {
  return (state.nerve?.repetitions ?? []).map(({ position, side, status }) => ({
    movement: `${position}_${side}`,
    name: words.text(`page.nerve.name.${position}_${side}`),
    status,
    warm_up: false,
  }));
}

/** The screens, made of what all screens are made of. */
export function nerveScreens(Screen, choice) {
  class NerveGuide extends Screen {
    build() {
      this.holder = h("div", { class: "preview-place" });
      this.figure = new NerveFigure();
      this.angle = h("p", { class: "led-angle", "aria-hidden": "true" });
      this.felt = h("p", { class: "led-first" });
      this.held = h("p", { class: "led-held" });
      const send = (type) => () => this.app.send({ type });
      this.ready = choice(this.t("nerve.go_on"), "Enter", send("continue"), { keyName: "⏎", class: "main" });
      this.now = choice(this.t("nerve.now"), "Enter", send("now"), { keyName: "⏎", class: "main felt-now" });
      this.nothing = choice(this.t("nerve.felt_nothing"), "0", send("felt_nothing"), { class: "plain" });
      this.furthest = choice(this.t("turning.furthest"), "Enter", send("now"), { keyName: "⏎", class: "main" });
      this.changed = choice(this.t("nerve.changed"), "Enter", send("continue"), { keyName: "⏎", class: "main" });
      this.buttons = h("div", { class: "row nerve-buttons" }, this.ready, this.now, this.nothing, this.furthest, this.changed);
      this.listening = h("p", { class: "quiet listening" });
      this.tellListening();
      this.element.append(this.holder,
        h("div", { class: "panel nerve-panel" }, this.figure.element,
          h("div", { class: "led" }, this.angle, this.felt, this.held), this.listening, this.buttons));
      this.element.classList.add("screen-guide");
    }

    enter() {
      this.holder.append(this.app.preview.element);
    }

    tellListening() {
      const { listening } = this.app.listener;
      show(this.listening, listening);
      setText(this.listening, listening ? this.t("nerve.listening", { word: this.t("nerve.spoken.now"), stop: this.t("nerve.spoken.stop") }) : "");
    }

    /** Enter is the key of whichever button is there; N is "now", too. */
    key(key) {
      const wanted = key === "n" && this.app.state?.phase === "lead" ? "Enter" : key;
      const button = [...this.buttons.children].find((each) => !each.hidden && each.dataset.key === wanted);
      button?.click();
      return Boolean(button);
    }

    update(state) {
      const { nerve, phase } = state;
      if (!nerve) return;
      this.figure.update(nerve.position, phase, nerve.joint ?? null, this.words.of(state.wording), nerve.side ?? null);
      show(this.ready, phase === "position");
      const trunk = turns(state);
      show(this.now, phase === "lead" && !trunk);
      show(this.nothing, phase === "lead" && !trunk);
      show(this.furthest, phase === "lead" && trunk);
      show(this.changed, phase === "change");
      const moving = phase !== "position" && !trunk;
      const angle = nerve.angle_said ?? "–";
      show(this.angle, moving);
      setText(this.angle, angle);
      setAttribute(this.angle, "data-known", angle === "–" ? "false" : "true");
      setText(this.felt, nerve.symptom_said ? this.t("nerve.angle_first", { angle: nerve.symptom_said })
        : moving && angle === "–" ? this.t("nerve.not_seen") : "");
      const told = phase === "change" && typeof nerve.held === "boolean";
      setText(this.held, told ? this.t(nerve.held ? "nerve.held" : "nerve.not_held") : "");
      setAttribute(this.held, "data-held", told ? String(nerve.held) : null);
    }
  }

  class NerveAnswer extends Screen {
    build() {
      const button = (answer, key) => choice(this.t(`nerve.${answer}`), key,
        () => this.app.send({ type: "changed", answer }), { class: "card" });
      this.element.append(
        h("div", { class: "cards three", role: "group", "aria-label": this.t("nerve.answer_label") },
          button("more", "1"), button("less", "2"), button("same", "3")),
        choice(this.t("leave_out"), "s", () => this.app.send({ type: "changed", answer: null }), { keyName: "S", class: "plain" }));
    }
  }

  class NerveWhose extends Screen {
    build() {
      const button = (name, pain, key) => choice(this.t(`nerve.${name}`), key,
        () => this.app.send({ type: "whose", pain }), { class: "card", note: this.t(`nerve.${name}_note`) });
      this.cards = h("div", { class: "cards", role: "group", "aria-label": this.t("nerve.whose_label") });
      // with an arm it is the article's "painful tightness or sharp pain" that is asked about
      this.lay = whenChanged((own) => this.cards.replaceChildren(button(own, "own", "1"), button("stretch", "stretch", "2")));
      this.lay("own");
      this.element.append(
        this.cards,
        choice(this.t("leave_out"), "s", () => this.app.send({ type: "whose", pain: null }), { keyName: "S", class: "plain" }));
    }

    update(state) {
      this.lay(state.nerve?.test === "arms" ? "own_arm" : "own");
    }
  }

  return { nerve_guide: NerveGuide, nerve_answer: NerveAnswer, nerve_whose: NerveWhose };
}

/** What was seen of each repetition, while the report is being made. */
export class NerveSeen {
  constructor(words) {
    this.words = words;
    this.list = h("ul", { class: "best-list" });
    this.element = h("section", { class: "nerve-seen" }, this.list);
    this.lay = whenChanged((done) => this.list.replaceChildren(...done.map((each) => this.row(each))));
  }

  update(state) {
    const done = (state.nerve?.repetitions ?? []).filter((each) => each.status === "done");
    show(this.element, done.length > 0);
    this.lay(done);
  }

  row({ position, side, felt, angle_said: angle, whose }) {
    const { words } = this;
    if (position === "trunk_turn") {
      return h("li", {},
        h("span", { class: "best-name", text: words.text(`page.nerve.name.${position}_${side}`) }),
        h("span", { class: "best-note", text: words.text("page.turning.done") }));
    }
    const what = felt ? words.text("page.nerve.angle_first", { angle: angle ?? "–" }) : words.text("page.nerve.nothing");
    const own = position.startsWith("arm_") ? "own_arm" : "own";
    const kind = whose ? words.text(`page.nerve.${whose === "own" ? own : whose}`) : "";
    return h("li", {},
      h("span", { class: "best-name", text: words.text(`page.nerve.name.${position}_${side}`) }),
      h("b", { text: angle ?? "–" }),
      h("span", { class: "best-note", text: kind ? `${what} · ${kind}` : what }));
  }
}
