// The picture of the camera with the axes of the head. Mirrored for showing by CSS, never before.

import { h, show } from "./dom.js";

export class Preview {
  constructor() {
    this.canvas = h("canvas", { class: "picture", width: 640, height: 480, role: "img" });
    this.empty = h("p", { class: "no-picture" });
    this.dot = h("p", { class: "storing" });
    this.subtitle = h("p", { class: "subtitle", "aria-hidden": "true" });
    this.element = h("div", { class: "preview" }, this.canvas, this.empty, this.dot, this.subtitle);
    this.context = this.canvas.getContext("2d");
    this.pose = null;
    this.limbs = [];
    this.size = null;
    this.image = null;
    this.canvasShown = null;
    this.planned = false;
    show(this.dot, false);
  }

  setWords(words) {
    this.words = words;
    this.canvas.setAttribute("aria-label", words.text("page.preview.label"));
    this.empty.textContent = words.text("page.preview.none");
    this.dot.textContent = words.text("page.preview.storing");
  }

  async picture(buffer) {
    const image = await createImageBitmap(new Blob([buffer], { type: "image/jpeg" }));
    if (this.canvasShown) image.close();
    else this.put(image);
  }

  /** The canvas from which this page sends its pictures, each time it holds the next one; null when it does no more. */
  own(canvas) {
    const before = this.canvasShown;
    this.canvasShown = canvas;
    if (canvas) this.put(canvas);
    else if (before) this.image = null;
  }

  put(image) {
    this.image?.close?.();
    this.image = image;
    show(this.empty, false);
    this.plan();
  }

  state(state) {
    this.pose = state.pose ?? null;
    this.limbs = state.limbs ?? [];
    this.size = state.picture_size ?? null;
    show(this.dot, Boolean(state.recording));
    this.plan();
  }

  plan() {
    if (this.planned) return;
    this.planned = true;
    requestAnimationFrame(() => {
      this.planned = false;
      this.draw();
    });
  }

  draw() {
    const { canvas, context, image } = this;
    if (!image || !canvas.isConnected) return;
    if (canvas.width !== image.width || canvas.height !== image.height) {
      canvas.width = image.width;
      canvas.height = image.height;
      this.element.style.setProperty("--ratio", image.width / image.height);
    }
    context.drawImage(image, 0, 0);
    if (this.size) this.drawLimbs(image.width / this.size[0], image.height / this.size[1]);
    if (this.pose && this.size) this.drawAxes(image.width / this.size[0], image.height / this.size[1]);
  }

  /** Trunk and limbs as they are seen. */
  drawLimbs(sx, sy) {
    const { context } = this;
    context.lineCap = "round";
    context.lineJoin = "round";
    context.setLineDash([]);
    for (const [style, width] of [["rgba(0,0,0,.6)", 6], ["#ffd633", 3]]) {
      context.strokeStyle = style;
      context.lineWidth = width;
      for (const points of this.limbs) {
        context.beginPath();
        for (const [index, [x, y]] of points.entries()) context[index ? "lineTo" : "moveTo"](x * sx, y * sy);
        context.stroke();
      }
    }
  }

  drawAxes(sx, sy) {
    const point = (name) => [this.pose[name][0] * sx, this.pose[name][1] * sy];
    const origin = point("origin");
    this.axis(origin, point("right"), "#7fd4ff", [5, 5], false);
    this.axis(origin, point("superior"), "#ffffff", [11, 5], false);
    this.axis(origin, point("anterior"), "#ffd633", [], true);
  }

  /**
   * @param {number[]} from
   * @param {number[]} to
   * @param {string} colour
   * @param {number[]} dash
   * @param {boolean} arrow
   */
  axis([x1, y1], [x2, y2], colour, dash, arrow) {
    const { context } = this;
    /** @type {[string, number][]} */
    const strokes = [["rgba(0,0,0,.65)", 7], [colour, 3.5]];
    context.lineCap = "round";
    for (const [style, width] of strokes) {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.setLineDash(width < 7 ? dash : []);
      context.beginPath();
      context.moveTo(x1, y1);
      context.lineTo(x2, y2);
      context.stroke();
    }
    context.setLineDash([]);
    if (arrow) {
      context.fillStyle = colour;
      context.strokeStyle = "rgba(0,0,0,.65)";
      context.lineWidth = 2;
      context.beginPath();
      context.arc(x2, y2, 7, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  }
}
