// The angles over the last seconds, for the physiotherapist's view. Lines differ in dash and name too.

import { h, reducedMotion } from "./dom.js";

const SHOWN_S = 20;
const KEPT_S = 60;
const GRID = { 90: "90°", 45: "45°", 0: "0°", "-45": "−45°", "-90": "−90°" };
const LINES = [
  { name: "flexion", colour: "--line-1", dash: [] },
  { name: "lateral", colour: "--line-2", dash: [9, 5] },
  { name: "rotation", colour: "--line-3", dash: [2.5, 4.5] },
];

export class Trace {
  constructor() {
    this.points = [];
    this.canvas = h("canvas", { class: "trace", role: "img" });
    this.summary = h("p", { class: "trace-now" });
    this.values = LINES.map(({ name }) => h("span", { class: `now now-${name}` }));
    this.summary.append(...this.values);
    this.element = h("div", { class: "trace-box" }, this.canvas, this.summary);
    this.drawn = 0;
    this.planned = false;
  }

  setWords(words) {
    this.words = words;
    this.canvas.setAttribute("aria-label", words.text("page.trace.label"));
  }

  /** Fetch what happened before this page was opened. */
  async catchUp() {
    const first = this.points[0]?.time_s ?? Infinity;
    const answer = await fetch("/live/trace?since=0");
    if (!answer.ok) return;
    const { points } = await answer.json();
    const before = points.filter((point) => point.time_s < first);
    this.points = [...before.map((point) => ({ time_s: point.time_s, values: point.neck_deg })), ...this.points];
    this.plan();
  }

  add(state) {
    const values = state.angles_deg ?? [null, null, null];
    const last = this.points.at(-1);
    if (last && state.time_s <= last.time_s) return;
    this.points.push({ time_s: state.time_s, values, said: state.angles_said, hold: state.phase === "hold" });
    while (this.points.length && this.points[0].time_s < state.time_s - KEPT_S) this.points.shift();
    this.plan();
  }

  plan() {
    if (this.planned || !this.canvas.isConnected) return;
    if (reducedMotion.matches && performance.now() - this.drawn < 1000) return;
    this.planned = true;
    requestAnimationFrame(() => {
      this.planned = false;
      this.drawn = performance.now();
      this.draw();
    });
  }

  draw() {
    const { canvas } = this;
    const scale = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height || !this.points.length) return;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(name).trim();
    const end = this.points.at(-1).time_s;
    const left = 40;
    const right = 8;
    const x = (time) => left + ((time - end + SHOWN_S) / SHOWN_S) * (width - left - right);
    const y = (angle) => height / 2 - (angle / 100) * (height / 2 - 8);
    this.drawGrid(context, { colour, y, width, left });
    LINES.forEach((line, column) => {
      context.strokeStyle = colour(line.colour);
      context.lineWidth = 2.25;
      context.setLineDash(line.dash);
      this.drawLine(context, column, x, y, end - SHOWN_S);
    });
    context.setLineDash([]);
    this.showNow();
  }

  drawGrid(context, { colour, y, width, left }) {
    context.font = `12px ${getComputedStyle(this.canvas).fontFamily}`;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const angle of Object.keys(GRID).map(Number)) {
      context.strokeStyle = colour(angle === 0 ? "--quiet" : "--rule");
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(left, y(angle));
      context.lineTo(width, y(angle));
      context.stroke();
      context.fillStyle = colour("--quiet");
      context.fillText(GRID[angle], left - 6, y(angle));
    }
  }

  drawLine(context, column, x, y, since) {
    context.beginPath();
    let down = false;
    let last = -Infinity;
    for (const { time_s: time, values } of this.points) {
      const value = values[column];
      if (time < since) continue;
      if (value === null || value === undefined) {
        down = false;
        continue;
      }
      if (down && time - last < 0.5) context.lineTo(x(time), y(value));
      else context.moveTo(x(time), y(value));
      down = true;
      last = time;
    }
    context.stroke();
  }

  showNow() {
    const { said } = this.points.at(-1);
    LINES.forEach(({ name }, column) => {
      this.values[column].textContent = `${this.words.text(`page.trace.${name}`)} ${said?.[column] ?? "–"}`;
    });
  }
}
