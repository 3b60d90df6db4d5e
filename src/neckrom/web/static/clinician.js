// The physiotherapist's part of the page: trace, all repetitions, notes, photos.

import { h, setText, show, whenChanged } from "./dom.js";

export class Clinician {
  constructor(app, trace) {
    this.app = app;
    this.trace = trace;
    this.stored = false;
    this.build();
  }

  t(key, params) {
    return this.app.words.text(`page.clinician.${key}`, params);
  }

  build() {
    this.rows = h("tbody");
    const head = ["repetition", "range", "trunk", "first_pain", "redo"].map((name) =>
      h("th", { scope: "col", text: this.t(name) }));
    this.table = h("table", {}, h("caption", { class: "hidden-words", text: this.t("trials") }),
      h("thead", {}, h("tr", {}, head)), this.rows);
    this.text = h("textarea", { id: "note", rows: "1", maxlength: "5000", placeholder: this.t("note_hint"),
      onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.addNote(event); } });
    this.notes = h("ul", { class: "notes" });
    this.photos = h("div", { class: "photos" });
    this.noPhotos = h("p", { class: "quiet", text: this.t("no_photos") });
    this.trunk = h("p", { class: "trunk-now" });
    this.element = h("aside", { class: "clinician", "aria-label": this.t("label") },
      h("h2", { text: this.t("trace") }), this.trace.element, this.trunk,
      h("h2", { text: this.t("trials") }), h("div", { class: "trials", tabindex: "0", role: "region", "aria-label": this.t("trials") }, this.table),
      h("form", { onsubmit: (event) => this.addNote(event) },
        h("h2", {}, h("label", { for: "note", text: this.t("notes") })), this.notes, this.text,
        h("button", { type: "submit", class: "plain", text: this.t("add_note") })),
      h("h2", { text: this.t("photos") }), this.photos, this.noPhotos);
    this.showTrials = whenChanged((values) => this.layTrials(...values));
    this.showNotes = whenChanged((notes) => this.notes.replaceChildren(...notes.map((note) => h("li", { text: note }))));
    this.showPhotos = whenChanged((trials) => this.layPhotos(trials));
  }

  addNote(event) {
    event.preventDefault();
    const text = this.text.value.trim();
    if (!text) return;
    this.app.send({ type: "note", text });
    this.text.value = "";
  }

  update(state) {
    const watching = this.app.watching;
    this.showTrials([state.progress ?? [], state.pain ?? {}, watching]);
    this.showNotes(state.notes ?? []);
    this.text.disabled = watching;
    this.stored ||= Boolean(state.recording);
    const seen = this.stored
      ? (state.progress ?? []).filter((trial) => trial.status === "done" && !trial.warm_up)
          .map(({ movement, trial, peak_said: said }) => ({ movement, trial, said }))
      : [];
    this.showPhotos(seen);
    show(this.noPhotos, !this.stored);
    const trunk = state.trunk_said ?? [];
    setText(this.trunk, trunk.length ? this.t("trunk_now", { flexion: trunk[0], lateral: trunk[1], rotation: trunk[2] }) : "");
  }

  layTrials(progress, pain, watching) {
    const rows = [];
    let group = null;
    for (const trial of progress) {
      if (trial.movement !== group) {
        group = trial.movement;
        const score = pain[group];
        const words = this.app.words.text(`word.${group}`);
        rows.push(h("tr", { class: "group" }, h("th", { colspan: "5", scope: "colgroup",
          text: score === undefined || score === null ? words : `${words}: ${this.t("pain", { score })}` })));
      }
      rows.push(this.row(trial, watching));
    }
    this.rows.replaceChildren(...rows);
    this.rows.querySelector('[data-status="now"]')?.scrollIntoView?.({ block: "nearest" });
  }

  row(trial, watching) {
    const name = this.t(trial.warm_up ? "warm_up" : "trial", { number: trial.trial });
    const range = trial.status === "skipped" ? this.t("skipped") : trial.peak_said;
    const trunk = trial.trunk_moved ? `${trial.trunk_said} (!)` : trial.trunk_said;
    const may = !trial.warm_up && (trial.status === "done" || trial.status === "skipped") && !watching;
    const redo = h("button", { type: "button", class: "plain small", text: this.t("redo"),
      "aria-label": this.t("redo_one", { movement: trial.movement, number: trial.trial }),
      onclick: () => this.app.send({ type: "redo", movement: trial.movement, trial: trial.trial }) });
    return h("tr", { "data-status": trial.status, class: trial.trunk_moved ? "trunk-moved" : undefined },
      h("th", { scope: "row" }, trial.status === "now" ? "▸ " : null, name),
      h("td", { text: range }), h("td", { text: trunk, title: trial.trunk_moved ? this.t("trunk_moved") : undefined }),
      h("td", { text: trial.pain_onset_said }), h("td", {}, may ? redo : null));
  }

  layPhotos(trials) {
    this.photos.replaceChildren(
      ...trials.map(({ movement, trial, said }) => {
        const caption = this.t("photo", { movement, number: trial, angle: said });
        const figure = h("figure", {},
          h("img", { src: `/live/photo/${movement}/${trial}?n=${encodeURIComponent(said)}`, alt: caption, loading: "lazy",
            onerror: () => { figure.hidden = true; } }),
          h("figcaption", { text: caption }));
        return figure;
      }));
  }
}
