// Loads the page of a guided session again once it has got on; nothing else.
const shown = document.getElementById("stage");

async function look() {
  try {
    const answer = await fetch(`${location.pathname}/stage`, { cache: "no-store" });
    if (answer.ok && (await answer.text()) !== shown.dataset.stage) {
      location.reload();
      return;
    }
  } catch {
    // neckrom has ended, or is busy: look again
  }
  setTimeout(look, 1000);
}

setTimeout(look, 500);
