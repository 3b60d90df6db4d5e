// Texts in the chosen language. The same types of parameters as in neckrom/messages.py.

const PARAMETER = /\{([^{}:]+):([^{}:]+)\}/g;

export class Words {
  constructor(language, texts) {
    this.language = language;
    this.texts = texts;
    this.decimals = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
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

  degrees(value) {
    return `${Math.round(value) || 0}°`;
  }

  shown(value, kind) {
    if (kind === "word") return this.text(`word.${value}`);
    if (kind === "text" || typeof value !== "number") return String(value ?? "");
    if (kind === "number") return this.decimals.format(value);
    if (kind === "deg") return this.degrees(value);
    return String(Math.round(value) || 0);
  }
}
