// The gauge: a head that tilts or turns as the person's does, at the true angle, seen as in a mirror.
// Around it the norm, the healthy range and the 50 % line; each has a form of its own besides its colour.

import { h, s, setAttribute, setText, show, whenChanged } from "./dom.js";

const X = 240;
const Y = 236;
const RING = 172;
const END = 102;
const ASIDE = 190;
const HOLD_WIDTH = 150;

// To the right of the picture: forward, and the person's right as a mirror shows it.
export const SIDE = {
  flexion: 1,
  extension: -1,
  rotation_left: -1,
  rotation_right: 1,
  lateral_left: -1,
  lateral_right: 1,
};

export const PLANE = (movement) => movement.split("_")[0].replace("extension", "flexion");

function at(angle, radius, side) {
  const radians = (angle * Math.PI) / 180;
  return [X + side * radius * Math.sin(radians), Y - radius * Math.cos(radians)];
}

function arc(from, to, radius, side) {
  const [x1, y1] = at(from, radius, side);
  const [x2, y2] = at(Math.max(to, from + 0.01), radius, side);
  const sweep = side > 0 ? 1 : 0;
  return `M${x1.toFixed(1)} ${y1.toFixed(1)}A${radius} ${radius} 0 0 ${sweep} ${x2.toFixed(1)} ${y2.toFixed(1)}`;
}

function line(angle, inner, outer, side) {
  const [x1, y1] = at(angle, inner, side);
  const [x2, y2] = at(angle, outer, side);
  return `M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}`;
}

export function drawings() {
  // Each: what stays, what turns; about the pivot at 0, 0.
  return {
    flexion: {
      still: [s("path", { class: "body", d: "M-46 62c0-34 6-56 30-62 8-2 20-2 28 0 22 6 30 28 32 62z" })],
      turns: [
        s("path", { class: "neck", d: "M-16 4c2-18 0-30-4-44l34-4c-2 18 0 32 4 48z" }),
        s("path", {
          class: "head",
          d: "M-2-128c26 0 42 18 42 40 0 4 2 7 6 14 3 5 3 8-2 9l-5 1c1 6 1 12-1 16-2 5-8 6-18 5-4 8-14 14-24 12-22-4-36-24-36-50 0-30 16-47 38-47z",
        }),
        s("path", { class: "feature", d: "M-8-72c-6-2-10-8-8-13 2-4 8-5 11 0" }),
        s("circle", { class: "feature dot", cx: 25, cy: -85, r: 3 }),
      ],
    },
    lateral: {
      still: [s("path", { class: "body", d: "M-96 62c2-34 16-46 44-52 18-4 34-8 40-14h24c6 6 22 10 40 14 28 6 42 18 44 52z" })],
      turns: [
        s("path", { class: "neck", d: "M-19 6l3-44h32l3 44z" }),
        s("path", { class: "head", d: "M-41-78c-7-2-10 4-8 12 1 7 5 12 10 10M41-78c7-2 10 4 8 12-1 7-5 12-10 10" }),
        s("path", { class: "head", d: "M0-128c26 0 40 20 40 46 0 32-20 56-40 56s-40-24-40-56c0-26 14-46 40-46z" }),
        s("circle", { class: "feature dot", cx: -15, cy: -84, r: 3.2 }),
        s("circle", { class: "feature dot", cx: 15, cy: -84, r: 3.2 }),
        s("path", { class: "feature", d: "M0-80v16m-11 16q11 7 22 0" }),
      ],
    },
    rotation: {
      still: [s("ellipse", { class: "body", cx: 0, cy: 8, rx: 104, ry: 36 })],
      turns: [
        s("path", { class: "head", d: "M-46-6c-8-3-11 3-10 9 1 7 5 11 10 9M46-6c8-3 11 3 10 9-1 7-5 11-10 9" }),
        s("path", { class: "head", d: "M-9-56q9-22 18 0z" }),
        s("ellipse", { class: "head", cx: 0, cy: -2, rx: 46, ry: 58 }),
        s("path", { class: "feature", d: "M-24-30q24-16 48 0" }),
      ],
    },
  };
}

export class Gauge {
  constructor(words) {
    this.words = words;
    this.build();
    this.drawScale = whenChanged((scale) => this.layScale(scale));
    this.drawLegend = whenChanged((scale) => this.layLegend(scale));
  }

  setWords(words) {
    this.words = words;
    this.drawLegend = whenChanged((scale) => this.layLegend(scale));
  }

  build() {
    const path = (name) => s("path", { class: name });
    this.track = path("track");
    this.other = path("track other");
    this.healthy = path("healthy");
    this.error = path("error");
    this.filled = path("filled");
    this.best = path("best");
    this.half = path("half");
    this.norm = path("norm");
    this.pointer = path("pointer");
    this.holdTrack = s("rect", { class: "hold-track", y: 146, width: HOLD_WIDTH, height: 12, rx: 6 });
    this.hold = s("rect", { class: "hold", y: 146, width: 0, height: 12, rx: 6 });
    this.halfName = s("text", { class: "tick-name half-name" });
    this.normName = s("text", { class: "tick-name norm-name" });
    this.number = s("text", { class: "number", y: 98 });
    this.under = s("text", { class: "under", y: 128 });
    this.still = s("g", { transform: `translate(${X} ${Y})` });
    this.turns = s("g");
    this.drawings = drawings();
    this.picture = s(
      "svg",
      { class: "gauge-picture", viewBox: "-75 18 630 264", "aria-hidden": "true", focusable: "false" },
      this.other, this.track, this.healthy, this.error, this.filled, this.half, this.norm, this.best,
      this.still, this.turns, this.pointer, this.holdTrack, this.hold, this.halfName, this.normName, this.number, this.under,
    );
    this.legend = h("ul", { class: "legend" });
    this.element = h("div", { class: "gauge" }, this.picture, this.legend);
  }

  update(gauge) {
    show(this.element, Boolean(gauge));
    if (!gauge) return;
    const scale = {
      movement: gauge.movement,
      norm: gauge.reference_deg ?? null,
      low: gauge.healthy_low_deg ?? null,
      high: gauge.healthy_high_deg ?? null,
      said: {
        norm: gauge.reference_said,
        half: gauge.half_said,
        low: gauge.healthy_low_said,
        high: gauge.healthy_high_said,
      },
    };
    this.drawScale(scale);
    this.drawLegend(scale);
    this.drawAngle(gauge);
  }

  layScale({ movement, norm, low, high, said }) {
    const side = SIDE[movement];
    const plane = PLANE(movement);
    setAttribute(this.track, "d", arc(0, END, RING, side));
    setAttribute(this.other, "d", arc(0, 24, RING, -side));
    setAttribute(this.healthy, "d", low === null ? "" : arc(low, high, RING + 18, side));
    setAttribute(this.half, "d", norm === null ? "" : line(norm / 2, RING - 22, RING + 26, side));
    setAttribute(this.norm, "d", norm === null ? "" : line(norm, RING - 22, RING + 26, side));
    this.name(this.halfName, norm === null ? null : norm / 2, "50 %", side);
    this.name(this.normName, norm, norm === null ? "" : said.norm, side);
    this.still.replaceChildren(...this.drawings[plane].still);
    this.turns.replaceChildren(...this.drawings[plane].turns);
    this.mirror = plane === "flexion" ? 1 : null;
    for (const text of [this.number, this.under]) setAttribute(text, "x", X - side * ASIDE);
    for (const bar of [this.holdTrack, this.hold]) setAttribute(bar, "x", X - side * ASIDE - HOLD_WIDTH / 2);
  }

  name(element, angle, text, side) {
    setText(element, text ?? "");
    if (angle === null) return;
    const [x, y] = at(angle, RING + 34, side);
    setAttribute(element, "x", x.toFixed(1));
    setAttribute(element, "y", (y + 6).toFixed(1));
    setAttribute(element, "text-anchor", side > 0 ? "start" : "end");
  }

  layLegend({ norm, low, said }) {
    const { words } = this;
    const entry = (name, text) => h("li", {}, h("span", { class: `key key-${name}`, "aria-hidden": "true" }), text);
    this.legend.replaceChildren(
      ...(norm === null
        ? []
        : [
            entry("norm", words.text("page.gauge.norm", { angle: said.norm })),
            entry("half", words.text("page.gauge.half", { angle: said.half })),
          ]),
      ...(low === null ? [] : [entry("healthy", words.text("page.gauge.healthy", { low: said.low, high: said.high }))]),
    );
  }

  drawAngle(gauge) {
    const side = SIDE[gauge.movement];
    const known = gauge.angle_deg !== null && gauge.angle_deg !== undefined;
    const angle = known ? gauge.angle_deg : 0;
    const shown = Math.min(Math.max(angle, -20), END);
    setAttribute(this.turns, "transform", `translate(${X} ${Y}) rotate(${(side * shown).toFixed(1)})`);
    setAttribute(this.filled, "d", known && shown > 0.5 ? arc(0, shown, RING, side) : "");
    setAttribute(this.pointer, "d", known ? line(shown, RING - 30, RING + 12, side) : "");
    const best = gauge.best_deg ?? 0;
    setAttribute(this.best, "d", best > 2 ? line(Math.min(best, END), RING - 13, RING + 13, side) : "");
    const spread = 1.96 * (gauge.sd_deg ?? 0);
    const wide = known && spread > 0.5 && shown > 0.5;
    const ends = [Math.max(shown - spread, 0), Math.min(shown + spread, END)];
    setAttribute(this.error, "d", wide ? arc(ends[0], ends[1], RING - 18, side) : "");
    const share = gauge.hold_share ?? 0;
    setAttribute(this.hold, "width", (HOLD_WIDTH * Math.min(share, 1)).toFixed(1));
    setAttribute(this.holdTrack, "visibility", share > 0.01 ? "visible" : "hidden");
    setText(this.number, known ? gauge.angle_said : "–");
    setText(this.under, this.underText(gauge, known));
    setAttribute(this.element, "data-known", String(known));
  }

  underText(gauge, known) {
    if (!known) return this.words.text("page.gauge.not_seen");
    if (gauge.lower_bound) return this.words.text("page.gauge.at_least");
    if ((gauge.best_deg ?? 0) > 2) return this.words.text("page.gauge.best", { angle: gauge.best_said });
    return "";
  }
}
