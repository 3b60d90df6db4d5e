// Texts in the chosen language. The same parameters as in neckrom/messages.py; figures are said by the server.

const PARAMETER = /\{([^{}:]+):([^{}:]+)\}/g;

export class Words {
  constructor(language, texts) {
    this.language = language;
    this.texts = texts;
  }

  static async load(language) {
    const answer = await fetch(`/words/${language}`);
    if (!answer.ok) throw new Error(`no texts in ${language}`);
    const { texts } = await answer.json();
    return new Words(language, texts);
  }

  /** The text of a key; one that nobody wrote shows as itself rather than end the session. */
  text(key, params = {}) {
    const text = this.texts[key];
    if (text === undefined) return key;
    return text.replace(PARAMETER, (_, name, kind) => this.shown(params[name], kind));
  }

  /** A message as the session sends it. */
  of(message) {
    return message ? this.text(message.key, message.params) : "";
  }

  /** Figures come as finished strings, or as whole numbers: nothing is rounded here. */
  shown(value, kind) {
    if (kind === "word") return this.text(`word.${value}`);
    if (kind === "deg" && typeof value === "number") return `${value}°`;
    return String(value ?? "");
  }
}
