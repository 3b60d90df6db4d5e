// What is heard: the browser's own voice, and tones.
// Only voices that run on this device: others would send what is said to somebody else's server.

const STALE_MS = 3500;

export class Voice {
  /** `onChange` is called when it becomes known whether there is a voice. */
  constructor(onChange) {
    this.engine = window.speechSynthesis ?? null;
    this.onChange = onChange;
    this.language = "en";
    this.voice = null;
    this.known = false;
    this.muted = false;
    this.waiting = [];
    this.speaking = null;
    this.newest = null;
    this.engine?.addEventListener?.("voiceschanged", () => this.choose());
    setTimeout(() => this.settle(), 1500);
  }

  setLanguage(language) {
    this.language = language;
    this.silence();
    this.choose();
  }

  choose() {
    const local = (this.engine?.getVoices() ?? []).filter(
      (voice) => voice.localService === true && voice.lang.toLowerCase().replace("_", "-").split("-")[0] === this.language,
    );
    this.voice = local.find((voice) => voice.default) ?? local[0] ?? null;
    if (this.voice) this.known = true;
    this.onChange();
  }

  settle() {
    this.known = true;
    this.choose();
  }

  /** Whether what is said is heard. */
  get heard() {
    return this.voice !== null && !this.muted;
  }

  mute(muted) {
    this.muted = muted;
    if (muted) this.silence();
  }

  silence() {
    this.waiting = [];
    this.speaking = null;
    this.engine?.cancel();
  }

  /**
   * Speak those of the session's last sentences that were not spoken yet, each once and in order.
   * Returns the newest new sentence, or null.
   */
  hear(sentences, text) {
    const fresh = sentences.filter((sentence) => this.newest === null || sentence.id > this.newest);
    if (fresh.length === 0) return null;
    const first = this.newest === null;
    this.newest = fresh.at(-1).id;
    const now = performance.now();
    // A page that has just been opened says what holds now, not all that was said before.
    for (const sentence of first ? fresh.slice(-1) : fresh) {
      this.waiting.push({ words: text(sentence), at: now });
    }
    this.next();
    return fresh.at(-1);
  }

  next() {
    if (!this.heard) {
      this.waiting = [];
      return;
    }
    if (this.speaking) {
      // One may wait; what waited before it comes too late to help.
      if (this.waiting.length > 2) this.waiting.splice(0, this.waiting.length - 2);
      if (performance.now() - this.speaking.started < 12000) return;
      this.engine.cancel(); // some browsers forget to say that they have finished
    }
    const now = performance.now();
    while (this.waiting.length > 1 && now - this.waiting[0].at > STALE_MS) this.waiting.shift();
    const sentence = this.waiting.shift();
    if (!sentence) return;
    const utterance = new SpeechSynthesisUtterance(sentence.words);
    utterance.voice = this.voice;
    utterance.lang = this.voice.lang;
    utterance.rate = 1.05;
    const done = () => {
      if (this.speaking?.utterance !== utterance) return;
      this.speaking = null;
      this.next();
    };
    utterance.onend = done;
    utterance.onerror = done;
    this.speaking = { utterance, started: now }; // kept, or some browsers lose it half-way
    this.engine.speak(utterance);
  }
}

// name: [[frequency in Hz, start in s, length in s], …]
const TUNES = {
  captured: [[880, 0, 0.11], [1318.5, 0.1, 0.26]],
  attention: [[587.3, 0, 0.12], [587.3, 0.18, 0.16]],
  countdown: [[660, 0, 0.07]],
  finished: [[523.3, 0, 0.16], [659.3, 0.14, 0.16], [784, 0.28, 0.16], [1046.5, 0.42, 0.4]],
};

const LOWEST_HZ = 196;
const OCTAVES_TO_NORM = 1.5;

export class Tones {
  constructor() {
    this.context = null;
    this.muted = false;
    this.newest = null;
    for (const event of ["keydown", "pointerdown"]) {
      addEventListener(event, () => this.unlock(), { capture: true });
    }
  }

  /** Browsers let a page sound only after a key or a click. */
  unlock() {
    if (!window.AudioContext) return;
    if (!this.context) {
      this.context = new AudioContext({ latencyHint: "interactive" });
      this.master = this.context.createGain();
      this.master.gain.value = this.muted ? 0 : 1;
      this.master.connect(this.context.destination);
      this.startGlide();
    }
    if (this.context.state === "suspended") this.context.resume();
  }

  mute(muted) {
    this.muted = muted;
    if (this.context) this.master.gain.setTargetAtTime(muted ? 0 : 1, this.context.currentTime, 0.02);
  }

  startGlide() {
    this.glide = this.context.createOscillator();
    this.glide.type = "triangle";
    this.glideGain = this.context.createGain();
    this.glideGain.gain.value = 0;
    this.glide.connect(this.glideGain).connect(this.master);
    this.glide.start();
  }

  /** The tone that rises with the angle; `share` of the norm, null for silence. */
  follow(share) {
    if (!this.context || this.context.state !== "running") return;
    const now = this.context.currentTime;
    const heard = share !== null && share > 0.04;
    this.glideGain.gain.setTargetAtTime(heard ? 0.07 : 0, now, 0.05);
    if (heard) {
      const pitch = LOWEST_HZ * 2 ** (OCTAVES_TO_NORM * Math.min(share, 1.4));
      this.glide.frequency.setTargetAtTime(pitch, now, 0.03);
    }
  }

  /** Sound those that were not sounded yet; several at once are old ones, only the last counts. */
  hear(tones) {
    const fresh = tones.filter((tone) => this.newest === null || tone.id > this.newest);
    if (fresh.length === 0) return;
    const first = this.newest === null;
    this.newest = fresh.at(-1).id;
    if (!first) this.play(fresh.at(-1).name);
  }

  play(name) {
    if (!this.context || this.context.state !== "running") return;
    const begin = this.context.currentTime + 0.01;
    for (const [frequency, start, length] of TUNES[name]) {
      const note = this.context.createOscillator();
      const gain = this.context.createGain();
      note.frequency.value = frequency;
      gain.gain.setValueAtTime(0, begin + start);
      gain.gain.linearRampToValueAtTime(0.22, begin + start + 0.012);
      gain.gain.exponentialRampToValueAtTime(0.001, begin + start + length);
      note.connect(gain).connect(this.master);
      note.start(begin + start);
      note.stop(begin + start + length + 0.02);
    }
  }
}
