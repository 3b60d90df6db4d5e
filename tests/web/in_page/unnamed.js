// Controls that a screen reader has no name for.
() => {
  const controls = document.querySelectorAll("button, a, input, select, textarea, iframe, canvas[role=img]");
  const named = (e) => e.getAttribute("aria-label") || e.title || e.labels?.length || e.textContent.trim();
  return [...controls].filter((e) => e.checkVisibility() && !named(e)).map((e) => e.outerHTML.slice(0, 80));
}
