// Loads the page of a guided session again once it has got on, and shows how far a clip is; nothing else.
const shown = document.getElementById("stage");
const share = /** @type {HTMLProgressElement} */ (document.getElementById("share"));

async function move() {
  const answer = await fetch(`${location.pathname}/progress`, { cache: "no-store" });
  if (answer.ok) share.value = (await answer.json()).share;
}

async function look() {
  try {
    const answer = await fetch(`${location.pathname}/stage`, { cache: "no-store" });
    if (answer.ok && (await answer.text()) !== shown.dataset.stage) {
      location.reload();
      return;
    }
    if (share) await move();
  } catch {
    // neckrom has ended, or is busy: look again
  }
  setTimeout(look, 1000);
}

setTimeout(look, 500);
