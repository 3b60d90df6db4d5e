// What is heard: the browser's own voice, and tones. Where there is no voice, or it fails, sentences take the
// time that it takes to read them, with a tone before each; the session goes on the same.
// Only voices that run on this device: others would send what is said to somebody else's server.

const STALE_MS = 3500;
const START_MS = 250;
const CHARACTERS_A_SECOND = 16.5;
const FAILURES_BEARABLE = 2;
const NO_FAILURE = ["canceled", "interrupted"];

export const RATES = { slow: 0.85, normal: 1.05, fast: 1.3 };

/** What the user chose stays on this device. */
export const chosen = {
  get(name) {
    try {
      return localStorage.getItem(`neckrom-${name}`);
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(`neckrom-${name}`, value);
    } catch {
      // a browser that keeps nothing: it holds until the page is closed
    }
  },
};

export class Voice {
  /** `on` has change() when it becomes known whether there is a voice, heard(id) when a sentence is over. */
  constructor(on, tones) {
    this.on = on;
    this.tones = tones;
    this.language = "en";
    this.voice = null;
    this.known = false;
    this.muted = false;
    this.failed = false;
    this.failures = 0;
    this.waiting = [];
    this.speaking = null;
    this.newest = null;
    this.refused = null;
    this.rate = chosen.get("rate") in RATES ? chosen.get("rate") : "normal";
    this.engine = null;
    this.attempt(() => {
      this.engine = window.speechSynthesis ?? null;
      this.engine?.addEventListener?.("voiceschanged", () => this.choose());
    });
    for (const event of ["keydown", "pointerdown"]) addEventListener(event, () => this.allow(), { capture: true });
    setTimeout(() => this.settle(), 1500);
  }

  /** Whatever the browser's speech does must not end the session. */
  attempt(work) {
    try {
      return work();
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  fail(error) {
    if (this.failed) return;
    console.warn("the voice failed", error);
    this.failed = true;
    this.known = true;
    this.on.change();
  }

  setLanguage(language) {
    this.language = language;
    this.silence();
    this.choose();
  }

  /** Voices of this device in the page's language. */
  get voices() {
    const all = this.attempt(() => [...(this.engine?.getVoices() ?? [])]) ?? [];
    return all.filter(
      (voice) => voice?.localService === true && String(voice.lang).toLowerCase().replace("_", "-").split("-")[0] === this.language,
    );
  }

  choose() {
    const { voices } = this;
    const wanted = chosen.get(`voice-${this.language}`);
    this.voice = voices.find((voice) => voice.name === wanted) ?? voices.find((voice) => voice.default) ?? voices[0] ?? null;
    if (this.voice) this.known = true;
    this.on.change();
  }

  use(name) {
    chosen.set(`voice-${this.language}`, name);
    this.failed = false;
    this.failures = 0;
    this.choose();
  }

  setRate(rate) {
    this.rate = rate;
    chosen.set("rate", rate);
  }

  settle() {
    this.known = true;
    this.choose();
  }

  /** Whether what is said is heard here. */
  get heard() {
    return this.voice !== null && !this.muted && !this.failed && !this.elsewhere;
  }

  /** A phone speaks for this page. */
  get elsewhere() {
    return document.body.dataset.voice === "phone";
  }

  mute(muted) {
    this.muted = muted;
    if (muted && this.speaking?.utterance) this.goOnSilently();
  }

  /** What was being said is over for everybody. */
  silence() {
    const last = this.waiting.at(-1) ?? this.speaking;
    this.waiting = [];
    this.stopSpeaking();
    if (last && last.id >= 0) this.on.heard(last.id);
  }

  stopSpeaking() {
    clearTimeout(this.speaking?.timer);
    const spoke = Boolean(this.speaking?.utterance);
    this.speaking = null;
    if (spoke) this.attempt(() => this.engine.cancel());
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
    const due = first && fresh[0].id > 1 ? fresh.slice(-1) : fresh;
    for (const sentence of due) {
      if (sentence.cuts) {
        this.silence();
        this.refused = null;
      }
      this.waiting.push({ id: sentence.id, words: text(sentence), then: sentence.then ?? null, at: now });
    }
    this.next();
    return fresh.at(-1);
  }

  /** Only to be heard, as a trial of voice and rate. */
  say(words) {
    this.stopSpeaking();
    this.speak({ id: -1, words, then: null, at: performance.now() });
  }

  next() {
    if (this.speaking) {
      // One may wait; what waited before it comes too late to help.
      if (this.waiting.length > 2) this.waiting.splice(0, this.waiting.length - 2);
      return;
    }
    const now = performance.now();
    while (this.waiting.length > 1 && now - this.waiting[0].at > STALE_MS) this.waiting.shift();
    const sentence = this.waiting.shift();
    if (sentence) this.speak(sentence);
  }

  /** About as long as it takes to say or read. */
  lasts(words) {
    return START_MS + (1000 * words.length) / CHARACTERS_A_SECOND / RATES[this.rate];
  }

  speak(sentence) {
    this.speaking = { ...sentence, utterance: null, timer: 0 };
    if (!this.heard || !this.attempt(() => this.utter(this.speaking))) this.goOnSilently();
  }

  utter(item) {
    const utterance = new SpeechSynthesisUtterance(item.words);
    utterance.voice = this.voice;
    utterance.lang = this.voice.lang;
    utterance.rate = RATES[this.rate];
    utterance.onend = () => {
      this.failures = 0;
      this.over(item, utterance);
    };
    utterance.onerror = (event) => this.wentWrong(item, utterance, event?.error);
    item.utterance = utterance; // kept, or some browsers lose it half-way
    // some browsers forget to say that they have finished
    item.timer = setTimeout(() => this.wentWrong(item, utterance, "no end"), 3 * this.lasts(item.words) + 3000);
    this.engine.speak(utterance);
    return true;
  }

  wentWrong(item, utterance, why) {
    if (this.speaking !== item || item.utterance !== utterance) return;
    clearTimeout(item.timer);
    if (why === "not-allowed") {
      this.refused = item; // browsers want a key or a click first
    } else if (!NO_FAILURE.includes(why)) {
      this.failures += 1;
      if (why === "no end") this.attempt(() => this.engine.cancel());
      if (this.failures >= FAILURES_BEARABLE) this.fail(why);
    }
    item.utterance = null;
    if (why === "no end" || NO_FAILURE.includes(why)) this.over(item, null);
    else this.goOnSilently();
  }

  /** A key or a click: what was refused before may be said now. */
  allow() {
    const item = this.refused;
    this.refused = null;
    if (!item || !this.heard || (this.speaking && this.speaking.id !== item.id)) return;
    clearTimeout(this.speaking?.timer);
    this.speak(item);
  }

  goOnSilently() {
    const item = this.speaking;
    if (!item) return;
    const spoke = item.utterance;
    item.utterance = null;
    clearTimeout(item.timer);
    if (spoke) this.attempt(() => this.engine.cancel());
    if ((this.failed || this.voice === null) && !this.muted && !this.elsewhere && this.known) this.tones.play("attention");
    item.timer = setTimeout(() => this.over(item, null), this.lasts(item.words));
  }

  over(item, utterance) {
    if (this.speaking !== item || item.utterance !== utterance) return;
    clearTimeout(item.timer);
    const tone = item.then ? this.tones.rehearse(item.then) : 0;
    item.utterance = null;
    item.timer = setTimeout(() => {
      if (this.speaking !== item) return;
      this.speaking = null;
      if (item.id >= 0) this.on.heard(item.id);
      this.next();
    }, tone);
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
const REHEARSAL_MS = { rising: 1800, captured: 400 };

export class Tones {
  constructor() {
    this.context = null;
    this.muted = false;
    this.newest = null;
    this.rehearsing = 0;
    for (const event of ["keydown", "pointerdown"]) {
      addEventListener(event, () => this.unlock(), { capture: true });
    }
  }

  /** Browsers let a page sound only after a key or a click. */
  unlock() {
    if (!window.AudioContext) return;
    try {
      if (!this.context) {
        this.context = new AudioContext({ latencyHint: "interactive" });
        this.master = this.context.createGain();
        this.master.gain.value = this.muted ? 0 : 1;
        this.master.connect(this.context.destination);
        this.startGlide();
      }
      if (this.context.state === "suspended") this.context.resume();
    } catch (error) {
      console.warn("no tones", error); // a machine without a sound card: the voice and the words lead
      this.context = null;
    }
  }

  get ready() {
    return this.context?.state === "running" && Boolean(this.glideGain);
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
    if (!this.ready || performance.now() < this.rehearsing) return;
    const now = this.context.currentTime;
    const heard = share !== null && share > 0.04;
    this.glideGain.gain.setTargetAtTime(heard ? 0.07 : 0, now, 0.05);
    if (heard) {
      const pitch = LOWEST_HZ * 2 ** (OCTAVES_TO_NORM * Math.min(share, 1.4));
      this.glide.frequency.setTargetAtTime(pitch, now, 0.03);
    }
  }

  /** Sound a tone as an example; how long it takes, in ms. */
  rehearse(name) {
    if (this.ready) {
      if (name === "rising") this.rise();
      else this.play(name);
    }
    return REHEARSAL_MS[name] ?? 0;
  }

  /** As it sounds when a head moves out to three quarters of the norm. */
  rise() {
    this.rehearsing = performance.now() + REHEARSAL_MS.rising;
    const now = this.context.currentTime;
    const end = now + REHEARSAL_MS.rising / 1000 - 0.3;
    this.glide.frequency.cancelScheduledValues(now);
    this.glide.frequency.setValueAtTime(LOWEST_HZ, now);
    this.glide.frequency.exponentialRampToValueAtTime(LOWEST_HZ * 2 ** (0.75 * OCTAVES_TO_NORM), end);
    this.glideGain.gain.setTargetAtTime(0.07, now, 0.05);
    this.glideGain.gain.setTargetAtTime(0, end, 0.05);
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
    if (!this.ready) return;
    const begin = this.context.currentTime + 0.01;
    for (const [frequency, start, length] of TUNES[name] ?? []) {
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
