// The tones that were sounded, kept.
window.sounded = [];
const startOfTone = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) {
  window.sounded.push(Math.round(this.frequency.value));
  return startOfTone.apply(this, when);
};
