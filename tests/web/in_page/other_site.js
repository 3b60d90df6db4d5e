// What a page of another origin can get of the server.
async (host) => {
  const seen = {};
  try {
    seen.fetch = (await fetch(`http://${host}/live/trace`, { mode: "no-cors", credentials: "include" })).type;
  } catch (error) {
    seen.fetch = "refused";
  }
  seen.socket = await new Promise((done) => {
    const socket = new WebSocket(`ws://${host}/live/socket?page=x`);
    socket.onopen = () => done("open");
    socket.onerror = () => done("refused");
  });
  seen.image = await new Promise((done) => {
    const image = new Image();
    image.onload = () => done("loaded");
    image.onerror = () => done("refused");
    image.src = `http://${host}/assets/icon.svg`;
  });
  return seen;
}
