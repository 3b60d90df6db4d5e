// "Now" and "stop" by the spoken word, where the browser recognises speech on this device. One that would send
// the sound to somebody's server is not asked, and neither is one that does not say where it listens.

const AFTER_THE_VOICE_MS = 700;
/** So long a browser may still hand over what the page itself has said. */
const OWN_WORDS_MS = 10000;
/** Understood in every language: who is in a hurry does not think of which one the page speaks. */
const STOPS = ["stop", "stopp"];

/** Words between blanks, in small letters. */
const plain = (words) => ` ${words.toLowerCase().replace(/[^\p{L}]+/gu, " ")} `;

export class Listener {
  /**
   * `on` has now() and stop(), `speaking()` gives what the page itself is saying, or null, `change()` is told of a
   * change.
   */
  constructor(on) {
    this.on = on;
    this.words = null;
    this.wanted = false;
    this.engine = null;
    this.quietSince = 0;
    /** What the page itself said lately, and when it was last heard saying it. */
    this.own = new Map();
  }

  /** The words of a language; the browser is asked whether it knows them here. */
  async setWords(language, words) {
    this.end();
    this.words = words;
    this.language = language;
    this.here = await recognisedHere(language);
    this.on.change();
    if (this.wanted) this.begin();
  }

  get listening() {
    return this.engine !== null;
  }

  /** Listen while it is wanted. */
  want(wanted) {
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    if (wanted) this.begin();
    else this.end();
  }

  begin() {
    if (!this.here || this.engine) return;
    const engine = new (recognition())();
    engine.processLocally = true;
    engine.lang = this.language;
    engine.continuous = true;
    engine.interimResults = true;
    engine.onresult = (event) => this.take(event);
    engine.onerror = (event) => {
      if (event.error !== "no-speech") this.here = false; // refused, or it does not work: the keys do
    };
    engine.onend = () => {
      if (this.engine !== engine) return;
      this.engine = null;
      if (this.wanted && this.here) this.begin();
      else this.on.change();
    };
    this.engine = engine;
    try {
      engine.start();
    } catch {
      this.engine = null;
      this.here = false;
    }
    this.on.change();
  }

  end() {
    const { engine } = this;
    this.engine = null;
    engine?.abort();
    this.on.change();
  }

  /**
   * What the page itself says is not meant: its sentences hold the same words. "Stop" is taken all the same while it
   * speaks, where it is no word of its own: that is when it has to be silent at once.
   */
  take(event) {
    const now = performance.now();
    const speaking = this.on.speaking();
    if (speaking !== null) {
      this.quietSince = now + AFTER_THE_VOICE_MS;
      this.own.set(plain(speaking), now);
    }
    for (const [words, at] of this.own) if (now - at > OWN_WORDS_MS) this.own.delete(words);
    const quiet = now >= this.quietSince;
    const said = (word) => [...this.own.keys()].some((words) => words.includes(` ${word} `));
    for (let index = event.resultIndex; index < event.results.length; index += 1) {
      const heard = plain(event.results[index][0].transcript);
      if ([this.words.stop, ...STOPS].some((word) => heard.includes(` ${word} `) && (quiet || !said(word)))) {
        this.on.stop();
        return;
      }
      if (quiet && heard.includes(` ${this.words.now} `)) {
        this.on.now();
        return;
      }
    }
  }
}

/** What recognises speech in this browser, by either of its names; undefined where nothing does. */
function recognition() {
  const names = /** @type {any} */ (window);
  return names.SpeechRecognition ?? names.webkitSpeechRecognition;
}

/** Whether this browser recognises a language without a server. */
async function recognisedHere(language) {
  const Recognition = recognition();
  if (typeof Recognition?.available !== "function") return false;
  try {
    const options = { langs: [language], processLocally: true };
    return (await Recognition.available(options)) === "available";
  } catch {
    return false;
  }
}
