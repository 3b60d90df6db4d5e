// The sheet for the person who was measured: verdict, figures with pain, what to do next. Everything comes as
// finished strings, in the page's language; while there is no report yet, of what was seen live.

import { h, show } from "./dom.js";

export class Figures {
  constructor(words) {
    this.title = h("h2", { class: "sheet-title" });
    this.verdict = h("section", { class: "box verdict", "aria-label": words.text("pages.verdict_label") });
    this.best = h("ul", { class: "best-list" });
    this.next = h("div", { class: "next" });
    this.notes = h("div", { class: "sheet-notes quiet" });
    this.pain = words.text("page.result.pain");
    this.element = h("div", { class: "sheet" }, this.verdict, h("div", { class: "sheet-halves" },
      h("section", {}, this.title, this.best), h("section", {}, this.next, this.notes)));
    show(this.element, false);
  }

  /** Fetch and show them; what came, or null where there is nothing. */
  async load(language) {
    let shown = null;
    try {
      const answer = await fetch(`/live/verdict/${language}`);
      shown = answer.ok ? await answer.json() : null;
    } catch {
      return null; // the connection is gone: the banner says so
    }
    show(this.element, Boolean(shown));
    if (shown) this.lay(shown);
    return shown;
  }

  lay(shown) {
    this.title.textContent = shown.title;
    this.layVerdict(shown);
    this.best.replaceChildren(...shown.bars.map((item) => this.figure(item)));
    this.next.replaceChildren(
      ...(shown.advice.length ? [h("h2", { text: shown.advice_title })] : []), ...shown.advice.map((text) => h("p", { text })));
    this.notes.replaceChildren(...shown.notes.map((text) => h("p", { text })));
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
      h("b", { text: item.best }),
      h("span", { class: "best-bar", "aria-hidden": "true" }, bar, half),
      h("span", { class: `best-note grade ${item.grade}`, text: `${item.sign} ${item.note}` }),
      item.pain ? h("span", { class: "best-pain", text: `${this.pain} ${item.pain}` }) : null);
  }
}
