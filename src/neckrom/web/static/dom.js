// Building and changing elements. Text only ever goes in as text: nothing here takes HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** An HTML element: h("p", {class: "quiet", text: "…"}, child, …). */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** An SVG element. */
export function s(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

/** Change a text only if it differs, so that nothing is read out or laid out again without need. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (value === null || value === false || value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

export function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

/** Call `make` again only when what it depends on has changed. */
export function whenChanged(make) {
  let last;
  return (value, ...rest) => {
    const key = JSON.stringify(value);
    if (key === last) return;
    last = key;
    make(value, ...rest);
  };
}

const SHAPES = {
  stop: ["M9 3h6l6 6v6l-6 6H9l-6-6V9z"],
  hurts: ["M13 2 5 14h6l-2 8 9-13h-6z"],
  repeat: ["M4 12a8 8 0 1 1 2.4 5.7", "M4 20v-5h5"],
  skip: ["M5 5v14l9-7z", "M18 5v14"],
  rezero: ["M12 4v4M12 16v4M4 12h4M16 12h4", "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z"],
  pause: ["M8 5v14M16 5v14"],
  sound: ["M4 9v6h4l5 4V5L8 9z", "M16.5 8.5a5 5 0 0 1 0 7M19 6a8.5 8.5 0 0 1 0 12"],
  silent: ["M4 9v6h4l5 4V5L8 9z", "m17 9 5 6m0-6-5 6"],
  help: ["M9 9a3 3 0 1 1 4.2 2.8c-.8.4-1.2 1-1.2 2.2", "M12 17.5v.5"],
  good: ["m5 12.5 4.5 4.5L19 7.5"],
  bad: ["M12 5v9M12 18v1"],
  unknown: ["M6 12h.5M12 12h.5M18 12h.5"],
  view: ["M4 18l5-6 4 3 7-9", "M4 4v16h16"],
};

/** A drawing beside a word; never alone, so hidden from screen readers. */
export function icon(name) {
  const paths = SHAPES[name].map((d) => s("path", { d }));
  return s("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, paths);
}

export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
