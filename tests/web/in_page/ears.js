// What is said and sounded, kept: a machine for tests has neither voices nor ears.
window.spoken = [];
window.sounded = [];
const voices = [
  { name: "far", lang: "en-US", localService: false, default: true },
  { name: "near", lang: "en-GB", localService: true, default: false },
  { name: "nah", lang: "de-DE", localService: true, default: false },
];
Object.defineProperty(window, "speechSynthesis", {
  value: {
    getVoices: () => voices,
    speak(utterance) {
      window.spoken.push([utterance.voice.name, utterance.text]);
      setTimeout(() => utterance.onend(), 15);
    },
    cancel() {},
    addEventListener() {},
  },
});
window.SpeechSynthesisUtterance = class {
  constructor(text) {
    this.text = text;
  }
};
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) {
  window.sounded.push(Math.round(this.frequency.value));
  return start.apply(this, when);
};
