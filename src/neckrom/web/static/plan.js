// Screens of the session of a plan: the exercise to the mark and back. Everything else is as in the tests.

import { h, setAttribute, setText, show } from "./dom.js";
import { NerveFigure } from "./nerve_figure.js";

export const PLAN_MOVING = ["exercise"];
export const PLAN_ASKING = ["level"];

/** As far as the track reaches: a little past today's symptom angle. */
const TRACK = 1.2;
const percent = (share) => `${Math.min(Math.max((100 * share) / TRACK, 0), 100)}%`;

/** Sides as the bar below shows them, beside the tests. */
export function planProgress(state, words) {
  return (state.exercise?.sets ?? []).map(({ side, status }) => ({
    movement: `exercise_${side}`,
    name: words.text(`page.plan.exercise_${side}`),
    status,
    warm_up: false,
  }));
}

export function planScreens(Screen, choice) {
  class Exercise extends Screen {
    build() {
      this.holder = h("div", { class: "preview-place" });
      this.figure = new NerveFigure();
      this.count = h("p", { class: "set-count" });
      this.done = h("div", { class: "track-done" });
      this.mark = h("div", { class: "track-mark" }, h("span", {}));
      this.limit = h("div", { class: "track-limit" }, h("span", {}));
      this.track = h("div", { class: "track", role: "img" }, this.done, this.mark, this.limit);
      this.felt = choice(this.t("plan.felt"), "Enter", () => this.app.send({ type: "now" }), { keyName: "⏎", class: "main felt-now" });
      this.end = choice(this.t("plan.end_set"), "s", () => this.app.send({ type: "skip" }), { keyName: "S", class: "plain" });
      this.element.append(this.holder,
        h("div", { class: "panel nerve-panel plan-panel" }, this.figure.element, this.count, this.track,
          h("div", { class: "row nerve-buttons" }, this.felt, this.end)));
      this.element.classList.add("screen-guide", "screen-nerve_guide");
    }

    enter() {
      this.holder.append(this.app.preview.element);
    }

    update(state) {
      const { exercise, nerve } = state;
      const set = exercise?.sets.find((each) => each.status === "now");
      if (!exercise || !set) return;
      this.figure.update(exercise && nerve ? nerve.test : null, "lead", null, this.words.of(state.wording));
      setText(this.count, this.t("plan.counted", { counted: set.counted, wanted: set.wanted }));
      const aimed = (set.mark_said ?? "–") !== "–"; // what is a default is not sent
      show(this.track, aimed);
      setAttribute(this.track, "data-where", exercise.where ?? "rest");
      setAttribute(this.track, "aria-label", this.t("plan.track"));
      this.done.style.width = percent(exercise.share ?? 0);
      setAttribute(this.track, "data-known", typeof exercise.share === "number" ? "true" : "false");
      this.mark.style.insetInlineStart = percent(exercise.mark_share ?? 0.8);
      this.limit.style.insetInlineStart = percent(1);
      setText(this.mark.firstChild, this.t("plan.mark", { angle: set.mark_said ?? "–" }));
      setText(this.limit.firstChild, this.t("plan.limit", { angle: set.limit_said ?? "–" }));
    }
  }

  return { exercise: Exercise };
}

/** What was done, side by side, while the report is being made. */
export class PlanSeen {
  constructor(words) {
    this.words = words;
    this.list = h("tbody", {});
    this.pain = h("p", {});
    const head = ["", "before", "repetitions", "after"].map((name) => h("th", { scope: "col", text: name ? words.text(`page.plan.${name}`) : "" }));
    this.element = h("section", { class: "plan-seen" },
      h("table", {}, h("caption", { class: "hidden-words", text: words.text("page.plan.table") }), h("thead", {}, h("tr", {}, head)), this.list),
      this.pain);
  }

  update(state) {
    const { exercise } = state;
    show(this.element, Boolean(exercise));
    if (!exercise) return;
    const t = (key, params) => this.words.text(`page.plan.${key}`, params);
    this.list.replaceChildren(...exercise.sets.map((set) => h("tr", {},
      h("th", { scope: "row", text: t(`side_${set.side}`) }),
      h("td", { text: set.before_said ?? "–" }),
      h("td", { text: t("counted", { counted: set.counted, wanted: set.wanted }) }),
      h("td", { text: set.after_said ?? "–" }))));
    const level = (value) => (typeof value === "number" ? `${value}/10` : "–");
    setText(this.pain, t("pain", { before: level(exercise.pain_before), after: level(exercise.pain_after) }));
  }
}
