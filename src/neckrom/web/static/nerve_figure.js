// A body that shows what a nerve test asks for: it lies, sits or stands, and the one part that is to move moves.

import { h, s, setText, show, whenChanged } from "./dom.js";

const limb = (kind, ...points) => s("path", { class: `limb ${kind}`, d: `M${points.map(([x, y]) => `${x} ${y}`).join("L")}` });

/** What turns about a joint, and how far; 0 stands still.
 * @param {number[]} joint
 * @param {number} degrees
 * @param {any[]} parts
 */
function turning([x, y], degrees, ...parts) {
  const group = s("g", { class: "limb-turns" }, parts);
  group.style.setProperty("--to", `${degrees}deg`);
  group.style.transformOrigin = `${x}px ${y}px`;
  return group;
}

/** The same, already there.
 * @type {(joint: number[], degrees: number, ...parts: any[]) => any}
 */
const turned = ([x, y], degrees, ...parts) => s("g", { transform: `rotate(${degrees} ${x} ${y})` }, parts);

/** In a group that moves, or in one that stands where it has moved to. */
const either = (moves, joint, degrees, ...parts) => (moves ? turning : turned)(joint, degrees, ...parts);

/** @param {number[]} middle
 * @param {number} radius
 * @param {number[]} nose from the middle
 */
function head([x, y], radius, nose) {
  return [s("circle", { class: "head", cx: x, cy: y, r: radius }), s("circle", { class: "nose", cx: x + nose[0], cy: y + nose[1], r: 4 })];
}

function lying(part) {
  const hip = [176, 178];
  const knee = [232, 178];
  const ankle = [286, 178];
  const raised = part !== "start";
  const foot = either(part === "ankle", ankle, part === "ankle" ? -28 : 0, limb(part === "ankle" ? "moves" : "near", ankle, [300, 152]));
  const leg = [limb(part === "lead" ? "moves" : "near", hip, knee, ankle), foot];
  const neck = [78, 172];
  return [
    s("path", { class: "ground", d: "M10 200H330" }),
    limb("far", hip, knee, ankle, [300, 156]),
    limb("trunk", neck, hip),
    limb("arm", [92, 178], [128, 188], [166, 188]),
    part === "neck" ? turning(neck, 36, limb("moves thin", neck, [62, 168]), ...head([46, 166], 21, [2, -20]))
      : [limb("near thin", neck, [62, 168]), ...head([46, 166], 21, [2, -20])],
    raised ? either(part === "lead", hip, part === "lead" ? -58 : -52, ...leg) : leg,
  ];
}

function sitting(part) {
  const hip = [112, 132];
  const knee = [194, 132];
  const ankle = [194, 204];
  const shoulder = [126, 56];
  const straight = part === "neck" || part === "ankle";
  const foot = either(part === "ankle", ankle, part === "ankle" ? 38 : 0, limb(part === "ankle" ? "moves" : "near", ankle, [222, 194]));
  const shank = [limb(part === "lead" ? "moves" : "near", knee, ankle), foot];
  const skull = [limb(part === "neck" ? "moves thin" : "near thin", shoulder, [144, 46]), ...head([160, 48], 21, [17, 13])];
  return [
    s("path", { class: "seat", d: "M52 152H190V166H52z" }),
    s("path", { class: "ground", d: "M10 238H330" }),
    limb("far", knee, ankle, [222, 206]),
    s("path", { class: "limb trunk", d: `M${hip[0]} ${hip[1]}C78 118 84 70 ${shoulder[0]} ${shoulder[1]}` }),
    limb("arm", [120, 68], [92, 104], [84, 128]),
    limb("near", hip, knee),
    part === "neck" ? turning(shoulder, -52, ...skull) : skull,
    part === "lead" ? turning(knee, -66, ...shank) : straight ? turned(knee, -58, ...shank) : shank,
  ];
}

/** From the front, as a mirror shows it: the left arm on the left. */
function standing(position, part, side) {
  const neck = [170, 80];
  const shoulder = [136, 84];
  const elbow = [128, 136];
  const wrist = [126, 184];
  const moved = part !== "start";
  const bent = position === "arm_bent";
  const up = position === "arm_side" ? 82 : 158;
  const raised = bent || moved;
  const forearm = limb(part === "lead" ? "moves" : "near", elbow, wrist);
  const below = !bent ? forearm : part === "lead" ? turning(elbow, 96, forearm) : moved ? turned(elbow, 84, forearm) : limb("near", elbow, wrist);
  const arm = [limb(part === "lead" && !bent ? "moves" : "near", shoulder, elbow), below];
  const skull = [limb(part.startsWith("neck") ? "moves thin" : "near thin", neck, [170, 66]), ...head([170, 42], 21, [0, 6])];
  const aside = 30;
  const skulls = part === "neck_away" ? turning(neck, aside, ...skull)
    : part === "neck_towards" ? turned(neck, aside, turning(neck, -aside, ...skull)) : skull;
  const body = [
    limb("far", [204, 84], [212, 136], [214, 184]),
    s("path", { class: "limb trunk", d: "M136 84L204 84M146 92L152 186L188 186L194 92M170 84L170 186" }),
    limb("near", [154, 186], [152, 238]),
    limb("near", [186, 186], [188, 238]),
    skulls,
    raised && !(part === "lead" && !bent) ? turned(shoulder, up, ...arm) : part === "lead" ? turning(shoulder, up, ...arm) : arm,
  ].flat(Infinity);
  return [s("path", { class: "ground", d: "M10 240H330" }), side === "right" ? s("g", { transform: "translate(340 0) scale(-1 1)" }, body) : body];
}

/** From above, the camera ahead: who turns left turns to the left of the picture. */
function fromAbove(part, side) {
  const middle = [170, 150];
  const aside = side === "left" ? -48 : 48;
  const trunk = [
    limb(part === "lead" ? "moves" : "trunk", [124, 150], [216, 150]),
    limb("arm", [124, 150], [132, 112], [188, 108]),
    limb("arm", [216, 150], [208, 112], [152, 108]),
    ...head([170, 146], 23, [0, -25]),
  ];
  return [
    s("path", { class: "ground", d: "M158 22H182M164 22V12H176V22" }),
    s("path", { class: "seat", d: "M118 128H222V204H118z" }),
    limb("near", [146, 150], [146, 62]),
    limb("near", [194, 150], [194, 62]),
    part === "lead" ? turning(middle, aside, ...trunk) : part === "held" ? turned(middle, aside, ...trunk) : trunk,
  ];
}

const BODIES = {
  trunk_turn: fromAbove,
  slr: lying,
  slump: sitting,
  arm_side: (part, side) => standing("arm_side", part, side),
  arm_overhead: (part, side) => standing("arm_overhead", part, side),
  arm_bent: (part, side) => standing("arm_bent", part, side),
};

export class NerveFigure {
  constructor() {
    this.picture = s("svg", { class: "figure-picture nerve-figure", viewBox: "0 8 340 238", "aria-hidden": "true", focusable: "false" });
    this.words = h("p", { class: "figure-words" });
    this.element = h("div", { class: "figure" }, this.picture, this.words);
    this.draw = whenChanged(([position, part, side]) => this.lay(position, part, side));
  }

  /** `joint` is what moves alone; null while the limb itself is led. */
  update(position, phase, joint, words, side = null) {
    const part = phase === "lead" ? "lead" : phase === "change" && joint ? joint : phase === "hold" ? "held" : "start";
    this.draw([position, part, side]);
    setText(this.words, words);
    show(this.words, Boolean(words));
  }

  lay(position, part, side) {
    const body = BODIES[position];
    // an arm overhead needs more room above
    this.picture.setAttribute("viewBox", position?.startsWith("arm_") ? "0 -22 340 268" : "0 8 340 238");
    this.picture.replaceChildren(...(body ? body(part, side).flat(Infinity) : []));
  }
}
