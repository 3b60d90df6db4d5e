// A small figure that shows a movement before it starts: out, held, back. Who wants no motion sees where it goes.

import { h, s, setText, whenChanged } from "./dom.js";
import { drawings, PLANE, SIDE } from "./gauge.js";

// How far it goes in the drawing, in degrees: far enough to be understood, nobody's aim.
const SHOWN = { flexion: 45, extension: 40, rotation_left: 65, rotation_right: 65, lateral_left: 32, lateral_right: 32 };
const MIDDLE = { flexion: [110, 158], lateral: [110, 158], rotation: [110, 100] };

export class Figure {
  constructor() {
    this.picture = s("svg", { class: "figure-picture", viewBox: "0 0 220 220", "aria-hidden": "true", focusable: "false" });
    this.words = h("p", { class: "figure-words" });
    this.element = h("div", { class: "figure" }, this.picture, this.words);
    this.draw = whenChanged((movement) => this.lay(movement));
  }

  update(movement, words) {
    this.draw(movement);
    setText(this.words, words);
  }

  lay(movement) {
    const plane = PLANE(movement);
    const [x, y] = MIDDLE[plane];
    const shapes = drawings()[plane];
    const ghost = drawings()[plane];
    const angle = SIDE[movement] * SHOWN[movement];
    const turns = s("g", { class: "figure-turns" }, shapes.turns);
    turns.style.setProperty("--to", `${angle}deg`);
    this.picture.replaceChildren(
      s("g", { transform: `translate(${x} ${y})` },
        s("g", {}, shapes.still),
        s("g", { class: "figure-ghost" }, ghost.turns),
        turns,
        s("path", { class: "figure-arrow", d: arrow(angle, plane === "rotation" ? 88 : 148) })));
  }
}

/** An arc over the head from the middle to the angle, with a point. */
function arrow(angle, radius) {
  const at = (degrees, distance) => {
    const radians = (degrees * Math.PI) / 180;
    return `${(distance * Math.sin(radians)).toFixed(1)} ${(-distance * Math.cos(radians)).toFixed(1)}`;
  };
  const back = angle - Math.sign(angle) * 7;
  return `M${at(0, radius)}A${radius} ${radius} 0 0 ${angle > 0 ? 1 : 0} ${at(angle, radius)}`
    + `M${at(back, radius - 8)}L${at(angle, radius)}L${at(back, radius + 8)}`;
}
