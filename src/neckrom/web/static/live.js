// The page of the guided session: it shows what the session says and passes on what the user does.

import { Clinician } from "./clinician.js";
import { h, icon, setAttribute, setText, show, whenChanged } from "./dom.js";
import { Gauge } from "./gauge.js";
import { Link } from "./link.js";
import { Listener } from "./listen.js";
import { NERVE_ASKING, NERVE_MOVING, nerveProgress, nervePhase, turns } from "./nerve.js";
import { ownPicture } from "./own_picture.js";
import { PLAN_ASKING, PLAN_MOVING, planProgress } from "./plan.js";
import { Preview } from "./preview.js";
import { SCREENS, screenOf } from "./screens.js";
import { Trace } from "./trace.js";
import { chosen, RATES, Tones, Voice } from "./voice.js";
import { Words } from "./words.js";

const MOVING = ["announce", "out", "hold", "back"];
const AT_WORK = ["intro", "setup", "neutral", ...MOVING, ...NERVE_MOVING, ...PLAN_MOVING];
const ASKING = ["pain", "chin", ...NERVE_ASKING, ...PLAN_ASKING];
const BEFORE = ["safety", "consent", "intro", "setup", "neutral"];
const OVER = ["refused", "stopped", "saving", "result"];

// What can be done, by key; `when` names the phases in which it means something.
const ACTIONS = [
  { name: "stop", key: " ", shape: "stop" },
  { name: "hurts", key: "h", shape: "hurts", when: [...MOVING, ...ASKING], command: "hurts_now", neck: true },
  { name: "repeat", key: "r", shape: "repeat", when: [...AT_WORK, ...ASKING, "paused", "camera_lost"], command: "repeat" },
  { name: "skip", key: "s", shape: "skip", when: [...MOVING, ...NERVE_MOVING, ...PLAN_MOVING], command: "skip" },
  { name: "rezero", key: "z", shape: "rezero", when: [...MOVING, ...ASKING, "paused"], command: "rezero", neck: true },
  { name: "pause", key: "p", shape: "pause", when: [...AT_WORK, ...ASKING], command: "pause" },
  { name: "mute", key: "m", shape: "sound" },
  { name: "help", key: "?", shape: "help" },
];

const STEPS = [
  ["questions", ["safety", "refused", "consent"]],
  ["setup", ["intro", "setup", "neutral"]],
  ["movements", [...MOVING, ...NERVE_MOVING, ...PLAN_MOVING, ...ASKING, "paused", "camera_lost", "stopped"]],
  ["result", ["saving", "result"]],
];

class App {
  constructor(root, words) {
    this.root = root;
    this.words = words;
    this.state = null;
    this.screens = {};
    this.current = null;
    this.shortcuts = chosen.get("shortcuts") !== "off";
    this.muted = false;
    this.chosenSound = false;
    this.goneFor = "open";
    this.tones = new Tones();
    this.voice = new Voice({ change: () => this.tellVoice(), heard: (id) => this.heard(id) }, this.tones);
    this.listener = new Listener({
      now: () => ["lead", ...PLAN_MOVING].includes(this.state?.phase) && this.send({ type: "now" }),
      stop: () => this.act("stop"),
      speaking: () => this.voice.speaking?.words ?? null,
      change: () => this.tellListener(),
    });
    this.preview = new Preview();
    this.trace = new Trace();
    this.view = new URLSearchParams(location.search).get("view") === "clinician" ? "clinician" : "person";
    this.build();
    addEventListener("keydown", (event) => this.key(event), { capture: true });
    addEventListener("keyup", (event) => this.keyUp(event), { capture: true });
    this.link = new Link({
      state: (state) => this.take(state),
      picture: (buffer) => this.preview.picture(buffer),
      status: (status) => this.connection(status),
      refused: () => this.flash("page.watching.refused"),
    });
    ownPicture.onChange = () => this.showOwn();
    this.showOwn();
  }

  /** Where this page has the camera it shows what it sends. */
  showOwn() {
    this.preview.own(ownPicture.canvas);
    this.link.want(ownPicture.canvas === null);
  }

  get watching() {
    return this.state?.role === "watches";
  }

  t(key, params) {
    return this.words.text(`page.${key}`, params);
  }

  send(command) {
    this.link.send(command);
  }

  // -------------------------------------------------------------------- layout

  /** Everything, in the language of the page; again when the language changes. */
  build() {
    document.documentElement.lang = this.words.language;
    document.title = this.t("title");
    document.body.dataset.view = this.view;
    this.voice.setLanguage(this.words.language);
    this.listener.setWords(this.words.language, { now: this.t("nerve.spoken.now"), stop: this.t("nerve.spoken.stop") });
    this.gauge = new Gauge(this.words);
    this.preview.setWords(this.words);
    this.trace.setWords(this.words);
    this.screens = {};
    this.current = null;
    this.headline = h("h1", { id: "headline", tabindex: "-1" });
    this.detail = h("p", { class: "detail" });
    this.said = h("p", { class: "hidden-words", role: "status", "aria-live": "polite" });
    this.urgent = h("p", { class: "hidden-words", role: "alert" });
    this.banners = h("div", { class: "banners" });
    this.stage = h("div", { class: "stage" });
    this.progress = h("ol", { class: "progress" });
    this.clinician = new Clinician(this, this.trace);
    this.footer = this.buildFooter();
    this.asking = false;
    this.stopDialog = this.buildStop();
    this.helpDialog = this.buildHelp();
    this.main = h("main", {},
      h("header", { class: "instruction" }, this.headline, this.detail), this.stage, this.progress);
    this.root.replaceChildren(
      this.buildTop(), this.banners, h("div", { class: "halves" }, this.main, this.clinician.element),
      this.footer, this.said, this.urgent, this.stopDialog, this.helpDialog);
    this.showBanners = whenChanged((banners) => this.layBanners(banners));
    this.showProgress = whenChanged((progress) => this.layProgress(progress));
    this.showClinician();
    if (this.state) this.show(this.state);
    this.tellVoice();
  }

  buildTop() {
    this.steps = h("ol", { class: "steps-line", "aria-label": this.t("steps.label") },
      STEPS.map(([name]) => h("li", { "data-step": name, text: this.t(`steps.${name}`) })));
    const languages = this.root.dataset.languages.split(" ");
    const names = new Map(languages.map((code) => [code, new Intl.DisplayNames([code], { type: "language" }).of(code)]));
    const select = h("select", { id: "language", "aria-label": this.t("language"), onchange: () => this.speak(select.value) },
      languages.map((code) => h("option", { value: code, lang: code, text: names.get(code), selected: code === this.words.language })));
    this.viewButton = h("button", { type: "button", class: "plain view", "aria-pressed": "false", "aria-keyshortcuts": "v",
      onclick: () => this.switchView() }, icon("view"), h("span", { text: this.t("view") }), h("kbd", { text: "V", "aria-hidden": "true" }));
    return h("header", { class: "top" }, h("span", { class: "brand", text: "neckrom" }), this.steps,
      h("div", { class: "top-right" }, this.viewButton, select));
  }

  buildFooter() {
    this.buttons = {};
    const make = ({ name, key, shape }) => {
      const shown = key === " " ? this.t("key.space") : key.toUpperCase();
      const button = h("button", { type: "button", class: `action action-${name}`, "aria-keyshortcuts": key === " " ? "Space" : key,
        onclick: () => this.act(name) },
      icon(shape), h("span", { class: "action-name", text: this.t(`action.${name}`) }), h("kbd", { text: shown, "aria-hidden": "true" }));
      this.buttons[name] = button;
      return button;
    };
    return h("footer", { class: "actions", "aria-label": this.t("action.label"), role: "toolbar" }, ACTIONS.map(make));
  }

  buildStop() {
    const reasons = ["pain", "dizziness", "nausea", "tired", "other"];
    const button = (reason, index) =>
      h("button", { type: "button", class: "choice", "data-key": String(index + 1), onclick: () => this.stop(reason) },
        h("kbd", { text: String(index + 1), "aria-hidden": "true" }), h("span", { text: this.t(`stop.${reason}`) }));
    this.stopText = h("p", { text: this.t("stop.text") });
    return h("dialog", { class: "ask", "aria-labelledby": "stop-title", oncancel: (event) => { event.preventDefault(); this.goOn(); }, onclose: () => this.closedByItself() },
      h("h2", { id: "stop-title", tabindex: "-1", text: this.t("stop.title") }),
      this.stopText,
      h("div", { class: "reasons" }, reasons.map(button)),
      h("button", { type: "button", class: "choice plain", "data-key": "Escape", onclick: () => this.goOn() },
        h("kbd", { text: "Esc", "aria-hidden": "true" }), h("span", { text: this.t("stop.go_on") })));
  }

  buildHelp() {
    const row = (key, text) => [h("dt", {}, h("kbd", { text: key })), h("dd", { text })];
    const close = () => this.helpDialog.close();
    const box = h("input", { type: "checkbox", id: "shortcuts", checked: this.shortcuts, onchange: () => {
      this.shortcuts = box.checked;
      chosen.set("shortcuts", box.checked ? "on" : "off");
    } });
    return h("dialog", { class: "ask help", "aria-labelledby": "help-title" },
      h("h2", { id: "help-title", tabindex: "-1", text: this.t("help.title") }),
      h("div", { class: "help-actions" }, ACTIONS.filter(({ name }) => !["stop", "help"].includes(name)).map((action) => this.helpAction(action))),
      this.buildVoiceChoice(),
      h("dl", { class: "keys" },
        ACTIONS.map(({ name, key }) => row(key === " " ? this.t("key.space") : key.toUpperCase(), this.t(`help.${name}`))),
        row("1 2 3", this.t("help.answers")), row("0–9 T", this.t("help.pain")),
        row("⏎", this.t("help.enter")), row("V", this.t("help.view")), row("Tab", this.t("help.tab"))),
      h("p", {}, box, " ", h("label", { for: "shortcuts", text: this.t("help.shortcuts") })),
      h("button", { type: "button", class: "choice", "data-key": "Escape", onclick: close },
        h("kbd", { text: "Esc", "aria-hidden": "true" }), h("span", { text: this.t("help.close") })));
  }

  /** The same as in the bar: where the window is too small for it, it is here. */
  helpAction({ name, key, shape }) {
    return h("button", { type: "button", class: "choice", "data-action": name, onclick: () => {
      this.helpDialog.close();
      this.act(name);
    } }, icon(shape), h("span", { text: this.t(`action.${name}`) }), h("kbd", { text: key.toUpperCase(), "aria-hidden": "true" }));
  }

  buildVoiceChoice() {
    this.voiceChoice = h("select", { id: "voice", onchange: () => this.tryVoice(() => this.voice.use(this.voiceChoice.value)) });
    const rate = h("select", { id: "rate", onchange: () => this.tryVoice(() => this.voice.setRate(rate.value)) },
      Object.keys(RATES).map((name) => h("option", { value: name, text: this.t(`voice.${name}`), selected: this.voice.rate === name })));
    return h("div", { class: "voice-choice" },
      h("label", { for: "voice", text: this.t("voice.choose") }), this.voiceChoice,
      h("label", { for: "rate", text: this.t("voice.rate") }), rate);
  }

  tryVoice(change) {
    change();
    if (this.voice.heard) this.voice.say(this.t("voice.sample"));
  }

  listVoices() {
    const { voices } = this.voice;
    const options = voices.length ? voices.map((voice) => h("option", { value: voice.name, text: voice.name, selected: voice === this.voice.voice }))
      : [h("option", { text: this.t("voice.no_choice") })];
    this.voiceChoice.replaceChildren(...options);
    this.voiceChoice.disabled = voices.length === 0;
  }

  async speak(language) {
    this.words = await Words.load(language);
    this.build();
    this.root.querySelector("#language").focus();
  }

  // --------------------------------------------------------------------- state

  take(state) {
    this.state = state;
    this.show(state);
    if (!this.chosenSound) this.quiet(this.watching, false);
    const newest = this.voice.hear(state.say ?? [], (sentence) => this.words.of(sentence));
    if (newest) this.write(newest);
    this.sound(state);
  }

  /** Whatever the browser's sound does must not hold up the page. */
  sound(state) {
    try {
      this.tones.hear(state.tones ?? []);
      this.tones.follow(this.share(state));
    } catch (error) {
      console.warn("no tones", error);
    }
  }

  /** How far the voice has come, for the session that waits for it. */
  heard(id) {
    if (this.state && !this.watching && id >= 0) this.send({ type: "heard", id });
  }

  /** What is said, for those who do not hear it. */
  write(sentence) {
    const words = this.words.of(sentence);
    setText(this.preview.subtitle, this.state.phase === "intro" ? "" : words); // there it stands beside it
    if (!this.voice.heard) setText(this.said, words);
  }

  /** How much of the norm the angle is, while a movement is on its way; else null. */
  share(state) {
    const { gauge } = state;
    if (!gauge || state.wording || !["out", "hold"].includes(state.phase)) return null;
    if (typeof gauge.angle_deg !== "number") return null;
    return Math.max(gauge.angle_deg, 0) / (gauge.reference_deg || 60);
  }

  show(state) {
    document.body.dataset.phase = state.phase;
    document.body.dataset.exam = state.nerve ? "nerve" : "neck";
    setText(this.headline, this.words.of(state.headline));
    setText(this.detail, this.words.of(state.detail));
    show(this.detail, Boolean(state.detail));
    this.showStep(state.phase);
    const screen = this.enterScreen(screenOf(state), state);
    this.preview.state(state);
    this.gauge.update(MOVING.includes(state.phase) && !nervePhase(state) ? state.gauge ?? null : null);
    screen.update(state);
    this.stage.inert = this.watching;
    this.trace.add(state);
    if (this.view === "clinician") this.clinician.update(state);
    this.listener.want((nervePhase(state) || PLAN_MOVING.includes(state.phase)) && !this.watching);
    this.showProgress(BEFORE.includes(state.phase) || OVER.includes(state.phase) ? []
      : state.nerve ? [...nerveProgress(state, this.words), ...planProgress(state, this.words)] : state.progress ?? []);
    this.showBanners(this.bannersOf(state));
    this.showActions(state);
  }

  enterScreen(name, state) {
    if (this.current === name) return this.screens[name];
    this.screens[name] ??= new SCREENS[name](this);
    const screen = this.screens[name];
    const first = this.current === null;
    this.current = name;
    screen.element.classList.add(`screen-${name}`);
    this.stage.replaceChildren(screen.element);
    screen.enter(state);
    screen.update(state);
    if (this.mayMoveFocus() && !(first && document.activeElement !== document.body)) {
      (screen.first() ?? this.headline).focus({ preventScroll: true });
    }
    scrollTo(0, 0);
    this.stage.scrollTop = 0;
    return screen;
  }

  /** Not while somebody writes, and not out of a dialog. */
  mayMoveFocus() {
    const active = document.activeElement;
    return !this.root.querySelector("dialog[open]") && !active?.matches("textarea, input, select") && !active?.closest(".clinician");
  }

  showStep(phase) {
    const now = STEPS.findIndex(([, phases]) => phases.includes(phase));
    [...this.steps.children].forEach((step, index) => {
      setAttribute(step, "aria-current", index === now ? "step" : null);
      setAttribute(step, "data-done", index < now ? "true" : null);
    });
  }

  showActions(state) {
    for (const { name, when, neck } of ACTIONS) {
      const usable = neck && state.nerve ? false : name === "stop" ? !OVER.includes(state.phase) : !when || (when.includes(state.phase) && !this.watching);
      setAttribute(this.buttons[name], "aria-disabled", usable ? null : "true");
    }
    document.body.dataset.over = String(OVER.includes(state.phase));
  }

  layProgress(progress) {
    show(this.progress, progress.length > 0);
    const groups = new Map();
    for (const trial of progress) groups.set(trial.movement, [...(groups.get(trial.movement) ?? []), trial]);
    this.progress.setAttribute("aria-label", this.t("progress.label"));
    this.progress.replaceChildren(
      ...[...groups].map(([movement, trials]) => {
        const done = trials.filter((trial) => trial.status === "done" || trial.status === "skipped").length;
        const now = trials.some((trial) => trial.status === "now");
        const state = now ? "now" : done === trials.length ? "done" : "to_come";
        return h("li", { "data-state": state, "aria-current": now ? "step" : null },
          h("span", { class: "progress-name", text: trials[0].name ?? this.words.text(`word.${movement}`) }),
          h("span", { class: "hidden-words", text: this.t("progress.done", { done, total: trials.length }) }),
          h("span", { class: "dots", "aria-hidden": "true" },
            trials.map((trial) => h("i", { "data-status": trial.status, "data-warm": trial.warm_up ? "true" : null }))));
      }));
  }

  // ------------------------------------------------------------------- banners

  bannersOf(state) {
    const banners = [];
    if (this.goneFor !== "open") banners.push({ kind: "bad", text: this.t(`connection.${this.goneFor}`) });
    if (this.watching) banners.push({ kind: "watch", text: this.t("watching.text"), act: "take_control", button: this.t("watching.take") });
    for (const warning of state?.warnings ?? []) {
      if (warning.key === "warning.trunk_moved" && !MOVING.includes(state.phase)) continue;
      banners.push({ kind: "warn", text: this.words.of(warning) });
    }
    if (this.noVoice && !this.watching && state && BEFORE.includes(state.phase)) banners.push({ kind: "note", text: this.t("voice.none"), once: true, button: this.t("voice.understood") });
    return banners;
  }

  layBanners(banners) {
    this.banners.replaceChildren(
      ...banners.map(({ kind, text, act, button, once }) =>
        h("div", { class: `banner banner-${kind}` }, icon(kind === "note" || kind === "watch" ? "help" : "bad"), h("p", { text }),
          button ? h("button", { type: "button", class: "plain", text: button, onclick: () => {
            if (act) this.send({ type: act });
            if (once) this.dismissNoVoice();
          } }) : null)));
    const urgent = banners.filter(({ kind }) => kind === "bad" || kind === "warn").map(({ text }) => text).join(" ");
    setText(this.urgent, urgent);
  }

  tellVoice() {
    if (!this.headline) return;
    const none = this.voice.known && (this.voice.voice === null || this.voice.failed);
    this.noVoice = none && sessionStorage.getItem("neckrom-no-voice") !== this.words.language;
    document.body.dataset.heard = String(this.voice.heard);
    this.showBanners(this.bannersOf(this.state));
  }

  /** Whether words are understood, so that nobody speaks to a page that is deaf. */
  tellListener() {
    document.body.dataset.listening = String(Boolean(this.listener?.listening));
    this.screens.nerve_guide?.tellListening();
  }

  dismissNoVoice() {
    sessionStorage.setItem("neckrom-no-voice", this.words.language);
    this.tellVoice();
    this.headline.focus({ preventScroll: true });
  }

  connection(status) {
    this.goneFor = this.leaving && status !== "open" ? "ended" : status;
    document.body.dataset.connection = this.goneFor;
    if (status !== "open") this.tones.follow(null);
    this.showBanners(this.bannersOf(this.state));
  }

  flash(key) {
    setText(this.urgent, this.words.text(key));
  }

  // ------------------------------------------------------------------- actions

  act(name) {
    const button = this.buttons[name];
    if (button.getAttribute("aria-disabled") === "true") return;
    const { command } = ACTIONS.find((action) => action.name === name);
    if (name === "stop") this.askStop();
    else if (name === "mute") this.quiet(!this.muted, true);
    else if (name === "help") this.openHelp();
    else this.send({ type: command });
    if (name === "hurts") this.acknowledge(button);
  }

  acknowledge(button) {
    button.classList.remove("pressed");
    void button.offsetWidth;
    button.classList.add("pressed");
  }

  quiet(muted, chosen) {
    this.chosenSound ||= chosen;
    if (this.muted === muted && this.soundSet) return;
    this.soundSet = true;
    this.muted = muted;
    this.voice.mute(muted);
    this.tones.mute(muted);
    const button = this.buttons.mute;
    button.replaceChild(icon(muted ? "silent" : "sound"), button.firstChild);
    button.setAttribute("aria-pressed", String(muted));
    setText(button.querySelector(".action-name"), this.t(muted ? "action.unmute" : "action.mute"));
    document.body.dataset.heard = String(this.voice.heard);
  }

  openHelp() {
    this.listVoices();
    for (const button of this.helpDialog.querySelectorAll("[data-action]")) {
      setAttribute(button, "disabled", this.buttons[button.dataset.action].getAttribute("aria-disabled") === "true");
    }
    this.openDialog(this.helpDialog);
  }

  openDialog(dialog) {
    if (dialog.open) return;
    this.focusBefore = document.activeElement;
    dialog.showModal();
    dialog.querySelector("h2").focus();
  }

  askStop() {
    if (this.stopDialog.open) return;
    this.pausedByStop = Boolean(this.state) && AT_WORK.includes(this.state.phase);
    if (this.pausedByStop) this.send({ type: "pause" });
    setText(this.stopText, this.t(turns(this.state) ? "turning.stop_text" : this.state?.nerve ? "nerve.stop_text" : "stop.text"));
    show(this.stopText, this.pausedByStop);
    this.voice.silence();
    this.tones.follow(null);
    this.asking = true;
    this.openDialog(this.stopDialog);
  }

  /** A browser may close the dialog without asking (Escape pressed again): nobody is left paused without a word. */
  closedByItself() {
    if (!this.stopDialog.open) this.goOn();
  }

  goOn() {
    if (!this.asking) return;
    this.asking = false;
    this.stopDialog.close();
    if (this.pausedByStop) this.send({ type: "resume" });
    this.headline.focus({ preventScroll: true });
  }

  stop(reason) {
    this.asking = false;
    this.stopDialog.close();
    this.send({ type: "stop", reason });
    this.headline.focus({ preventScroll: true });
  }

  /** End the test; what was measured is saved. */
  finish() {
    this.send({ type: "finish" });
  }

  /** All is done: the server goes away. */
  end() {
    this.leaving = true;
    this.send({ type: "finish" });
  }

  switchView() {
    this.view = this.view === "clinician" ? "person" : "clinician";
    document.body.dataset.view = this.view;
    this.showClinician();
    if (this.state) this.show(this.state);
  }

  showClinician() {
    const on = this.view === "clinician";
    show(this.clinician.element, on);
    this.viewButton.setAttribute("aria-pressed", String(on));
    if (on && !this.caughtUp) {
      this.caughtUp = true;
      this.trace.catchUp();
    }
  }

  // ---------------------------------------------------------------------- keys

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.matches("textarea, select, input:not([type=checkbox])")) return;
    const dialog = this.root.querySelector("dialog[open]");
    if (dialog) {
      this.dialogKey(event, dialog, key);
      return;
    }
    if (key === " ") {
      // While the head moves the space bar stops, whatever has the focus. In a question it presses
      // the button that has it, as everywhere else.
      const pressable = target.closest("button, a, input, summary");
      if (pressable && this.state && !AT_WORK.includes(this.state.phase)) return;
      event.preventDefault();
      this.tookSpace = true;
      this.act("stop");
      return;
    }
    if (key === "Enter" && target.closest("button, a, input, summary")) return;
    if (!this.shortcuts && key.length === 1) return;
    if (this.handle(key)) event.preventDefault();
  }

  /** Some browsers press a button when the space bar comes up again. */
  keyUp(event) {
    if (event.key !== " " || !this.tookSpace) return;
    this.tookSpace = false;
    event.preventDefault();
  }

  handle(key) {
    const screen = this.screens[this.current];
    if (screen && !this.watching && screen.key(key)) return true;
    if (key === "v") {
      this.switchView();
      return true;
    }
    const action = ACTIONS.find((each) => each.key === key);
    if (action) this.act(action.name);
    return Boolean(action);
  }

  dialogKey(event, dialog, key) {
    if (key === "Escape" || key === "Enter" || key === "Tab") return;
    const button = dialog.querySelector(`button[data-key="${CSS.escape(key)}"]`);
    if (button) {
      event.preventDefault();
      button.click();
    } else if (key === " " && !event.target.closest("button, input")) {
      event.preventDefault();
    }
  }
}

const root = document.getElementById("app");
Words.load(document.documentElement.lang).then((words) => new App(root, words));
