// The phone's page: its camera, what to do now in large letters, and the voice.

import { Sender } from "./camera_sender.js";
import { h, icon, setText, show } from "./dom.js";
import { Tones, Voice } from "./voice.js";
import { Words } from "./words.js";

const STOPPABLE = ["safety", "consent", "intro", "setup", "neutral", "announce", "out", "hold", "back", "pain", "chin", "paused", "camera_lost"];
const REASONS = ["pain", "dizziness", "nausea", "tired", "other"];
const AT_COMPUTER = ["safety", "refused", "consent", "pain", "chin"];

class Phone {
  constructor(root, words) {
    this.root = root;
    this.words = words;
    this.facing = "user";
    this.wanted = { width: 640, height: 480, fps: 30, facingMode: this.facing };
    this.tones = new Tones();
    // the computer's page tells the session how far the sentences are
    this.voice = new Voice({ change: () => this.showHeard(), heard: () => undefined }, this.tones);
    this.build();
    this.voice.setLanguage(words.language);
    this.sender = new Sender(`wss://${location.host}/camera`, this.video, {
      stage: (message) => this.onStage(message),
      link: (status) => this.onLink(status),
      trouble: (why) => this.onTrouble(why),
      refused: (why) => this.onRefused(why),
      words: (message) => this.hear(message),
    });
    this.sender.open();
  }

  text(key) {
    return this.words.text(key);
  }

  build() {
    this.headline = h("h1", { text: this.text("camera.phone_page.title"), tabindex: "-1" });
    this.detail = h("p", { class: "detail", text: this.text("camera.phone_page.lead") });
    this.problem = h("p", { class: "camera-problem", role: "alert" });
    this.video = h("video", { class: "camera-picture", playsinline: true, autoplay: true, "aria-label": this.text("camera.picture") });
    this.video.muted = true;
    this.subtitle = h("p", { class: "phone-subtitle", "aria-live": "polite" });
    this.start = h("button", { type: "button", class: "choice main", onclick: () => this.begin() }, h("span", { text: this.text("camera.phone_page.start") }));
    this.turn = h("button", { type: "button", class: "plain", text: this.text("camera.phone_page.turn"), onclick: () => this.turnRound() });
    this.mute = h("button", { type: "button", class: "plain", "aria-pressed": "false", text: this.text("camera.phone_page.mute"), onclick: () => this.hush() });
    this.controls = h("div", { class: "row phone-controls" }, this.turn, this.mute);
    this.stopButton = h("button", { type: "button", class: "phone-stop", onclick: () => this.askStop() },
      icon("stop"), h("span", { text: this.text("page.action.stop") }));
    this.stopDialog = this.buildStop();
    show(this.stopButton, false);
    show(this.controls, false);
    show(this.problem, false);
    show(this.video, false);
    this.root.replaceChildren(
      h("div", { class: "phone-words" }, this.headline, this.detail, this.problem, this.start),
      h("div", { class: "phone-picture" }, this.video, this.subtitle),
      h("div", { class: "phone-foot" }, this.stopButton, this.controls), this.stopDialog);
    this.start.focus();
  }

  /** The same question, in the same words, as on the computer. */
  buildStop() {
    const choice = (text, act) => h("button", { type: "button", class: "choice", onclick: act }, h("span", { text }));
    return h("dialog", { class: "phone-ask", "aria-labelledby": "stop-title", oncancel: (event) => { event.preventDefault(); this.goOn(); } },
      h("h2", { id: "stop-title", tabindex: "-1", text: this.text("page.stop.title") }),
      h("p", { text: this.text("page.stop.text") }),
      REASONS.map((reason) => choice(this.text(`page.stop.${reason}`), () => this.stop(reason))),
      choice(this.text("page.stop.go_on"), () => this.goOn()));
  }

  /** Nothing goes on while it is asked why. */
  askStop() {
    if (this.stopDialog.open) return;
    this.sender.say({ type: "halt" });
    this.voice.silence();
    this.tones.follow(null);
    this.stopDialog.showModal();
  }

  goOn() {
    this.stopDialog.close();
    this.sender.say({ type: "go_on" });
  }

  stop(reason) {
    this.stopDialog.close();
    this.sender.say({ type: "stop", reason });
  }

  /** The tap that browsers want before a page may speak and film. */
  async begin() {
    this.tones.unlock();
    window.speechSynthesis?.resume?.();
    this.keepAwake();
    setText(this.detail, this.text("camera.browser.asking"));
    const films = await this.sender.film(this.wanted);
    setText(this.detail, films ? this.text("camera.phone_page.place") : "");
    if (!films) return;
    this.sender.start();
    show(this.video, true);
    show(this.start, false);
    show(this.controls, true);
  }

  turnRound() {
    this.facing = this.facing === "user" ? "environment" : "user";
    this.wanted.facingMode = this.facing;
    this.video.classList.toggle("away", this.facing === "environment");
    this.sender.film(this.wanted);
  }

  hush() {
    this.muted = !this.muted;
    this.voice.mute(this.muted);
    this.tones.mute(this.muted);
    this.mute.setAttribute("aria-pressed", String(this.muted));
  }

  showHeard() {
    document.body.dataset.heard = String(this.voice.heard);
  }

  async keepAwake() {
    try {
      this.awake = await navigator.wakeLock?.request("screen");
    } catch {
      // the phone may go dark: it says so when it does
    }
    if (this.listens) return;
    this.listens = true;
    document.addEventListener("visibilitychange", () => document.hidden || this.ended || this.keepAwake());
  }

  hear(message) {
    if (this.ended && message.phase !== "stopped") return;
    document.body.dataset.phase = message.phase;
    const stoppable = !this.ended && STOPPABLE.includes(message.phase);
    show(this.stopButton, stoppable);
    if (!stoppable && this.stopDialog.open) this.stopDialog.close();
    setText(this.headline, this.words.of(message.headline));
    setText(this.detail, AT_COMPUTER.includes(message.phase) ? this.text("camera.phone_page.answer") : this.words.of(message.detail));
    const newest = this.voice.hear(message.say, (sentence) => this.words.of(sentence));
    if (newest) setText(this.subtitle, this.words.of(newest));
    this.tones.hear(message.tones);
    this.tones.follow(message.share);
  }

  onStage({ stage, width, height, fps }) {
    Object.assign(this.wanted, { width, height, fps });
    if (stage === "starting") setText(this.detail, this.text("camera.starting"));
  }

  onLink(status) {
    if (status === "over") {
      this.ended = true;
      this.tones.follow(null);
      this.awake?.release?.();
      show(this.controls, false);
      show(this.stopButton, false);
      show(this.start, false);
      if (this.stopDialog.open) this.stopDialog.close();
      this.say(null);
      if (document.body.dataset.phase === "stopped") return; // what to do now stands there
      setText(this.headline, this.text("camera.phone_page.over"));
      setText(this.detail, this.text("camera.phone_page.over_detail"));
      return;
    }
    if (status === "lost") this.tones.follow(null);
    this.say({ lost: "camera.phone_page.lost", taken: "camera.phone_page.taken", busy: "camera.phone_page.taken" }[status] ?? null);
  }

  onTrouble(why) {
    this.say(why ? `camera.trouble.${why}` : null);
    if (why && why !== "hidden" && !this.sender.films) show(this.start, true);
  }

  onRefused(why) {
    this.refusals = why === null ? 0 : (this.refusals ?? 0) + 1;
    if (this.refusals > 10) this.say(`camera.refused.${why}`);
    else if (why === null && this.wrong?.startsWith("camera.refused.")) this.say(null);
  }

  say(key) {
    this.wrong = key;
    setText(this.problem, key ? this.text(key) : "");
    show(this.problem, Boolean(key));
  }
}

const root = document.getElementById("phone");
Words.load(document.documentElement.lang).then((words) => new Phone(root, words));
