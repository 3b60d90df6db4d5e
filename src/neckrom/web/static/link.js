// The connection to the session: states and pictures in, commands out; comes back by itself.

const PATIENCE_MS = 8000;
/** What is sent late rather than never: a stop has to arrive, what was noted, and that it goes on after a pause that
 * had arrived. "Now" would mark another moment. */
const NEVER_LOST = ["pause", "resume", "stop", "note"];

function pageName() {
  let name = sessionStorage.getItem("neckrom-page");
  if (!name) {
    name = crypto.randomUUID();
    sessionStorage.setItem("neckrom-page", name);
  }
  return name;
}

/** When the last states were painted, as [seq, ms since 1970]: for benchmarks. */
export const shownAt = [];
const KEPT = 600;

function notePainted(seq) {
  requestAnimationFrame(() => {
    // the next task after the frame was drawn
    setTimeout(() => {
      shownAt.push([seq, performance.timeOrigin + performance.now()]);
      if (shownAt.length > KEPT) shownAt.shift();
    });
  });
}

export class Link {
  /** `on` has state(state), picture(buffer), status("open" | "lost" | "ended"), refused(). */
  constructor(on) {
    this.on = on;
    this.wait = 200;
    this.lostAt = 0;
    this.pictures = true;
    this.kept = [];
    document.addEventListener("visibilitychange", () => this.tellLooking());
    this.open();
  }

  open() {
    const address = `ws://${location.host}/live/socket?page=${pageName()}`;
    this.socket = new WebSocket(address);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => {
      this.wait = 200;
      this.lostAt = 0;
      this.on.status("open");
      this.tellLooking();
      for (const command of this.kept.splice(0)) this.send(command);
    };
    this.socket.onmessage = (event) => this.take(event.data);
    this.socket.onclose = () => this.lost();
  }

  lost() {
    const now = performance.now();
    this.lostAt ||= now;
    const ended = now - this.lostAt > PATIENCE_MS;
    this.on.status(ended ? "ended" : "lost");
    this.wait = Math.min(this.wait * 1.6, ended ? 5000 : 1500);
    setTimeout(() => this.open(), this.wait);
  }

  take(data) {
    if (typeof data !== "string") {
      const number = new DataView(data).getUint32(0);
      Promise.resolve(this.on.picture(data.slice(4))).finally(() => this.send({ type: "seen", picture: number }));
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "state") {
      try {
        this.on.state(message);
      } finally {
        notePainted(message.seq);
        this.send({ type: "seen", seq: message.seq });
      }
    } else if (message.type === "watching_only") {
      this.on.refused();
    }
  }

  /** Whether pictures are to come: not where the page has the camera itself. */
  want(pictures) {
    if (pictures === this.pictures) return;
    this.pictures = pictures;
    this.tellLooking();
  }

  tellLooking() {
    this.send({ type: "looking", pictures: this.pictures && !document.hidden });
  }

  send(command) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(command));
    else if (command.type === "resume" && this.kept.some(({ type }) => type === "pause")) {
      this.kept = this.kept.filter(({ type }) => type !== "pause");
    } else if (NEVER_LOST.includes(command.type)) this.kept.push(command);
  }
}
