// The session's page where a page has the camera: first the camera of this browser, or the code for a phone,
// then the session itself (live.js) on the same page, so that the camera goes on.

import { cameras, Sender } from "./camera_sender.js";
import { h, setText, show } from "./dom.js";
import { ownPicture } from "./own_picture.js";
import { Words } from "./words.js";

const KIND = document.body.dataset.camera;

class Beginning {
  constructor(root, words) {
    this.root = root;
    this.words = words;
    this.stage = "waiting";
    this.running = false;
    this.wrong = "";
    this.told = new Promise((resolve) => { this.onTold = resolve; });
    this.root.replaceChildren(...this.build());
  }

  text(key) {
    return this.words.text(key);
  }

  /** What stands on the page until the session has it. */
  build() {
    return [];
  }

  /** From here on the session has the page; what is left is a line where something is wrong. */
  async run() {
    if (this.running) return;
    this.running = true;
    await import("./live.js");
    this.root.classList.add("camera-aside");
    this.showAside();
  }

  showAside() {
    show(this.root, !this.running || Boolean(this.wrong));
  }
}

// ------------------------------------------------------------------ this browser

class BrowserCamera extends Beginning {
  build() {
    this.headline = h("h1", { tabindex: "-1", text: this.text("camera.browser.title") });
    this.lead = h("p", { class: "detail", text: this.text("camera.browser.lead") });
    this.video = h("video", { class: "camera-picture", muted: true, playsinline: true, autoplay: true, "aria-label": this.text("camera.picture") });
    this.video.muted = true;
    this.status = h("p", { class: "camera-status", role: "status" });
    this.problem = h("p", { class: "camera-problem", role: "alert" });
    this.select = h("select", { id: "which", onchange: () => this.choose() });
    this.choice = h("p", { class: "row" }, h("label", { for: "which", text: this.text("camera.browser.which") }), this.select);
    this.button = h("button", { type: "button", class: "choice main", onclick: () => this.press() }, h("span", { text: this.text("camera.browser.allow") }));
    this.takeButton = h("button", { type: "button", class: "choice", text: this.text("camera.browser.take"), onclick: () => this.sender.open(true) });
    show(this.choice, false);
    show(this.video, false);
    show(this.takeButton, false);
    return [this.headline, this.lead, this.video, this.problem, this.status, this.choice, h("p", { class: "row" }, this.button, this.takeButton)];
  }

  begin() {
    this.sender = new Sender(`ws://${location.host}/live/camera`, this.video, {
      stage: (message) => this.onStage(message),
      link: (status) => this.onLink(status),
      trouble: (why) => this.onTrouble(why),
      refused: (why) => this.onRefused(why),
      sent: (canvas) => ownPicture.show(canvas),
    });
    this.wanted = { width: 640, height: 480, fps: 30, deviceId: localStorage.getItem("neckrom-camera") ?? "" };
    this.button.focus();
    navigator.permissions?.query?.({ name: "camera" }).then(({ state }) => state === "granted" && this.ask(), () => undefined);
    // the first connection says what to ask the camera for, and how far the session is
    this.sender.open();
  }

  press() {
    if (this.sender.films) this.send();
    else this.ask();
  }

  /** Ask the browser for the camera; with one camera the session begins at once. */
  async ask() {
    if (this.asking) return;
    this.asking = true;
    setText(this.status, this.text("camera.browser.asking"));
    // which camera was used last; where the link is not there yet nobody waits for it
    await Promise.race([this.told, new Promise((resolve) => setTimeout(resolve, 1000))]);
    await this.takeUsual();
    let films = await this.sender.film(this.wanted);
    // names are told only to a page that may film: now they are known for sure
    if (films && (await this.takeUsual())) films = await this.sender.film(this.wanted);
    this.asking = false;
    setText(this.status, "");
    if (!films) return;
    await this.listCameras();
    show(this.video, true);
    setText(this.button.firstChild, this.text("camera.browser.start"));
    if (this.select.options.length < 2 || this.running) this.send();
    else this.button.focus();
  }

  /** The camera that was used last, by its name; true where that is another one than the one at hand. */
  async takeUsual() {
    if (!this.usual || this.wanted.deviceId) return false;
    const usual = (await cameras()).find(({ label }) => label === this.usual);
    if (!usual) return false;
    this.wanted.deviceId = usual.deviceId;
    return usual.deviceId !== this.sender.deviceId;
  }

  async listCameras() {
    const found = await cameras();
    this.select.replaceChildren(...found.map(({ deviceId, label }, index) =>
      h("option", { value: deviceId, text: label || `${this.text("camera.browser.one")} ${index + 1}`, selected: deviceId === this.sender.deviceId })));
    show(this.choice, found.length > 1);
  }

  choose() {
    this.wanted.deviceId = this.select.value;
    localStorage.setItem("neckrom-camera", this.select.value);
    this.sender.film(this.wanted);
  }

  send() {
    this.sender.start();
    show(this.button, false);
    show(this.choice, false);
  }

  onStage({ stage, width, height, fps, label }) {
    Object.assign(this.wanted, { width, height, fps });
    this.usual = label;
    this.onTold();
    this.stage = stage;
    if (stage === "starting") setText(this.status, this.text("camera.starting"));
    if (stage === "running" || stage === "over") {
      setText(this.status, "");
      this.run();
    }
  }

  onLink(status) {
    this.link = status;
    show(this.takeButton, status === "busy" || status === "taken");
    if (status === "over") this.wrong = null;
    if (status !== "open") ownPicture.show(null);
    if (status === "busy" || status === "taken") {
      this.say(`camera.${status}`);
      fetch("/live/trace?since=1e9").then((answer) => answer.ok && this.watch(), () => undefined);
    } else if (this.wrong === "camera.busy" || this.wrong === "camera.taken") this.say(null);
  }

  /** Another page has the camera: this one can still show the session, once that runs. */
  watch() {
    if (this.stage === "running") this.run();
  }

  onTrouble(why) {
    // what another page did to this one is not mended by a camera that films
    if (why) this.say(`camera.trouble.${why}`);
    else if (this.wrong?.startsWith("camera.trouble.")) this.say(null);
    if (why && !this.sender.films) {
      show(this.button, true);
      setText(this.button.firstChild, this.text("camera.browser.again"));
    } else if (this.running) show(this.button, false);
  }

  onRefused(why) {
    if (why === null) {
      if (this.wrong?.startsWith("camera.refused.")) this.say(null);
      this.refusals = 0;
      return;
    }
    this.refusals = (this.refusals ?? 0) + 1;
    if (this.refusals > 10) this.say(`camera.refused.${why}`);
  }

  say(key) {
    this.wrong = key;
    setText(this.problem, key ? this.text(key) : "");
    this.showAside();
  }
}

// ----------------------------------------------------------------------- a phone

class PhoneCamera extends Beginning {
  build() {
    this.headline = h("h1", { tabindex: "-1", text: this.text("camera.phone.title") });
    this.lead = h("p", { class: "detail", text: this.text("camera.phone.lead") });
    this.code = h("img", { class: "camera-code", alt: this.text("camera.phone.code") });
    this.address = h("code", { class: "camera-address" });
    this.fingerprint = h("code", { class: "camera-fingerprint" });
    this.status = h("p", { class: "camera-status", role: "status" });
    this.problem = h("p", { class: "camera-problem", role: "alert" });
    this.openPort = h("p", { class: "camera-open" });
    this.trust = h("div", { class: "camera-trust" },
      h("h2", { text: this.text("camera.phone.trust_title") }),
      h("p", { text: this.text("camera.phone.trust_why") }),
      h("ul", {},
        h("li", { text: this.text("camera.phone.trust_iphone") }),
        h("li", { text: this.text("camera.phone.trust_android") }),
        h("li", { text: this.text("camera.phone.trust_firefox") })));
    const print = h("div", { class: "camera-print" }, h("p", { text: this.text("camera.phone.fingerprint") }), this.fingerprint);
    const by_hand = h("details", {}, h("summary", { text: this.text("camera.phone.by_hand") }), h("p", {}, this.address));
    this.pairing = h("div", { class: "camera-pairing" },
      h("div", { class: "camera-scan" }, this.code, by_hand, print),
      h("div", {}, h("ol", { class: "steps" },
        ...["network", "scan", "accept", "allow"].map((step) => h("li", { text: this.words.text(`camera.phone.step_${step}`) }))), this.trust));
    return [this.headline, this.lead, this.openPort, this.problem, this.status, this.pairing];
  }

  begin() {
    this.headline.focus();
    this.wait = 300;
    this.open();
  }

  open() {
    const socket = new WebSocket(`ws://${location.host}/live/camera`);
    socket.onopen = () => {
      this.wait = 300;
    };
    socket.onmessage = ({ data }) => this.take(JSON.parse(data));
    socket.onclose = () => {
      if (this.stage === "over") return;
      this.wait = Math.min(this.wait * 1.6, 3000);
      setTimeout(() => this.open(), this.wait);
    };
  }

  take(phone) {
    this.stage = phone.stage;
    document.body.dataset.voice = phone.sends ? "phone" : "here";
    if (phone.address && phone.address !== this.address.textContent) {
      setText(this.address, phone.address);
      this.code.src = `/live/camera/code?${Date.now()}`;
    }
    setText(this.fingerprint, grouped(phone.fingerprint));
    setText(this.openPort, this.words.text(phone.open ? "camera.phone.port_open" : "camera.phone.port_closed", { origin: phone.origin }));
    show(this.pairing, Boolean(phone.address) && phone.open);
    this.wrong = this.wrongOf(phone);
    setText(this.status, this.statusOf(phone));
    setText(this.problem, this.wrong ? this.text(this.wrong) : "");
    this.trust.classList.toggle("wanted", phone.certificate_refused);
    if (phone.stage === "running" || phone.stage === "over") this.run();
    this.showAside();
  }

  showAside() {
    show(this.root, !this.running || (this.stage === "running" && (Boolean(this.wrong) || !this.pairing.hidden)));
  }

  statusOf(phone) {
    const tried = this.triedOf(phone);
    if (tried && tried !== this.wrong) return this.text(tried);
    if (phone.stage === "starting") return this.text("camera.starting");
    if (phone.sends || !phone.open) return "";
    if (phone.connected) return this.text("camera.phone.connected");
    return phone.tried === "paired" && !phone.address ? this.text("camera.phone.paired") : "";
  }

  wrongOf(phone) {
    if (phone.connected && phone.trouble) return `camera.phone.trouble.${phone.trouble}`;
    if (phone.certificate_refused) return "camera.phone.certificate_refused";
    if (this.running && phone.stage === "running" && !phone.sends) return "camera.phone.gone";
    return this.triedOf(phone);
  }

  triedOf(phone) {
    return phone.address && phone.tried && phone.tried !== "paired" ? `camera.phone.tried.${phone.tried}` : null;
  }
}

/** 32 pairs of digits in lines that an eye can compare. */
function grouped(fingerprint) {
  const pairs = fingerprint.split(":");
  return [0, 8, 16, 24].map((at) => pairs.slice(at, at + 8).join(":")).join(" ");
}

const root = document.getElementById("camera");
Words.load(document.documentElement.lang).then((words) => new (KIND === "phone" ? PhoneCamera : BrowserCamera)(root, words).begin());
