// What lies off the side, is cut off or too small to press.
() => {
  const found = [];
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) found.push("scrolls sideways");
  const all = "button, a, input, select, h1, h2, .detail, textarea, li, p";
  for (const element of document.querySelectorAll(all)) {
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest(".hidden-words, dialog:not([open])")) continue;
    const box = element.getBoundingClientRect();
    const name = element.textContent.slice(0, 30);
    if (box.width && (box.left < -1 || box.right > wide + 1)) found.push(`off the side: ${name}`);
    if (element.matches("button, a, select") && (box.width < 24 || box.height < 24)) found.push(`too small: ${name}`);
    if (element.matches("button") && element.scrollWidth > element.clientWidth + 1) found.push(`cut off: ${name}`);
  }
  const stop = document.querySelector(".action-stop");
  if (stop?.checkVisibility() && stop.getBoundingClientRect().bottom > innerHeight + 1) found.push("stop is out of sight");
  return found;
}
