// Every box of the page: what overlaps, is cut off, lies outside or cannot be pressed. Measured, not looked at.
() => {
  const found = [];
  const wide = document.documentElement.clientWidth;
  const dialog = document.querySelector("dialog[open]");
  const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".hidden-words, [hidden], dialog:not([open])")
    && (!dialog || dialog.contains(element));
  const name = (element) => `${element.tagName.toLowerCase()}.${element.className?.baseVal ?? element.className} "${element.textContent.trim().slice(0, 24)}"`;
  if (document.documentElement.scrollWidth > wide) found.push(`scrolls sideways: ${document.documentElement.scrollWidth} > ${wide}`);

  // Words: inside the window, whole, and none over another.
  const words = [];
  const walk = document.createTreeWalker(dialog ?? document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    const element = node.parentElement;
    if (!node.textContent.trim() || !seen(element) || element.closest("canvas, script, noscript, option, select, .subtitle, .no-picture, .storing, svg")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width < 1 || box.height < 1) continue;
      if (box.left < -1 || box.right > wide + 1) found.push(`off the side: ${name(element)}`);
      for (let holder = element; holder && holder !== document.body; holder = holder.parentElement) {
        const style = getComputedStyle(holder);
        if (style.overflowX === "visible" || style.position === "fixed") continue;
        const rim = holder.getBoundingClientRect();
        if (style.overflowX !== "auto" && (box.left < rim.left - 1.5 || box.right > rim.right + 1.5)) found.push(`cut off by ${name(holder)}: ${name(element)}`);
        break;
      }
      words.push({ element, box });
    }
  }
  // Line boxes may touch: a third of the letters' height is what nobody sees.
  const bar = document.querySelector(".actions");
  const scrolls = (element) => element.closest(".stage, .clinician, .trials, .lines, dialog, main");
  for (let i = 0; i < words.length; i += 1) {
    for (let j = i + 1; j < words.length; j += 1) {
      const [a, b] = [words[i], words[j]];
      if (a.element === b.element || a.element.contains(b.element) || b.element.contains(a.element)) continue;
      if (bar?.contains(a.element) !== bar?.contains(b.element)) continue; // what scrolls passes behind the bar
      if (scrolls(a.element) !== scrolls(b.element)) continue;
      if (a.element.closest("thead") !== b.element.closest("thead")) continue; // a table scrolls under its head
      const over = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (over > 2 && high > 0.34 * Math.min(a.box.height, b.box.height)) found.push(`overlap: ${name(a.element)} and ${name(b.element)}`);
    }
  }

  // Buttons: whole, with all of their words, and pressed where they are.
  const pressable = [...document.querySelectorAll("button, a[href], select, input, textarea")].filter(seen);
  for (const button of pressable) {
    if (button.scrollWidth > button.clientWidth + 1 && !button.matches("textarea, input, select")) found.push(`cut off: ${name(button)}`);
    if (button.matches("button") && button.scrollHeight > button.clientHeight + 2) found.push(`too low: ${name(button)}`);
    for (const part of button.querySelectorAll("span, kbd, svg, small")) {
      if (!seen(part)) continue;
      const [inner, outer] = [part.getBoundingClientRect(), button.getBoundingClientRect()];
      if (inner.width && (inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1)) found.push(`sticks out: ${name(part)} of ${name(button)}`);
    }
    const size = button.getBoundingClientRect();
    if (size.width < 24 || size.height < 24) {
      if (!button.matches("input[type=checkbox]")) found.push(`too small: ${name(button)} ${Math.round(size.width)}x${Math.round(size.height)}`);
    }
    if (button.disabled || button.closest("[inert]")) continue;
    button.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    const box = button.getBoundingClientRect();
    for (const [x, y] of [[0.5, 0.5], [0.1, 0.2], [0.9, 0.8]]) {
      const at = document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
      if (!at || !(button.contains(at) || at.contains(button) || at.closest("label")?.control === button)) {
        found.push(`covered: ${name(button)} by ${at ? name(at) : "nothing (out of the window)"}`);
        break;
      }
    }
  }
  // Words can be read where they are, and no word is broken in two on a button.
  for (const element of new Set(words.map((each) => each.element))) {
    if (element.closest("[inert]") || element.closest("thead")) continue;
    const tall = element.getBoundingClientRect().height > 0.5 * innerHeight;
    element.scrollIntoView({ block: tall ? "start" : "center", inline: "nearest", behavior: "instant" });
    const range = document.createRange();
    range.selectNodeContents(element);
    const [box] = range.getClientRects();
    if (!box) continue;
    const at = document.elementFromPoint(box.left + Math.min(box.width / 2, 20), box.top + box.height / 2);
    if (!at || !(element.contains(at) || at.contains(element))) found.push(`words covered: ${name(element)} by ${at ? name(at) : "nothing (out of the window)"}`);
    if (!element.closest("button")) continue;
    for (const node of element.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE) continue;
      for (const word of node.textContent.matchAll(/[\p{L}\p{N}]+/gu)) {
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        if (range.getClientRects().length > 1 && new Set([...range.getClientRects()].map((r) => Math.round(r.top))).size > 1) found.push(`broken word: ${word[0]}`);
      }
    }
  }
  // Pain: nothing runs through a number.
  for (const score of document.querySelectorAll(".score")) {
    if (!seen(score)) continue;
    const [column, number] = [score.querySelector(".score-bar"), score.querySelector(".score-number")].map((e) => e.getBoundingClientRect());
    if (column.height && column.bottom > number.top + 1 && column.top < number.bottom - 1) found.push(`struck through: ${number}`);
  }
  scrollTo(0, 0);
  const stop = document.querySelector(".action-stop");
  let place = null;
  if (stop.checkVisibility()) {
    const box = stop.getBoundingClientRect();
    place = [Math.round(box.left), Math.round(innerHeight - box.bottom), Math.round(box.width), Math.round(box.height)];
    if (box.top < 0 || box.bottom > innerHeight + 0.5 || box.left < 0 || box.right > wide) found.push("STOP is not whole");
    const at = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    if (!dialog && !stop.contains(at)) found.push("STOP is covered");
  }
  return [[...new Set(found)], place];
}
