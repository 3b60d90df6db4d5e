// A camera of this device, its pictures sent to neckrom one JPEG at a time.
// Few are under way that nobody has looked at yet: what cannot keep up leaves pictures out, and none waits to grow old.

// When the answer to the last one comes so soon after a picture, that one is sent; else the next one is awaited.
const FRESH_MS = 10;
const LONGEST_SIDE = 1280;
const QUALITY = 0.88;
const HEAD_BYTES = 16;
const STUCK_MS = 4000;
const SEARCH_MS = 2000;
const TAKEN_OVER = 4001, BUSY = 4002, OVER = 4004;

/** What the browser says of a camera that it does not give, in our words. */
export function troubleOf(error) {
  switch (error?.name) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "none";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "missing";
  }
}

export const canFilm = () => Boolean(navigator.mediaDevices?.getUserMedia);

/** The cameras that the browser names; without permission their names are empty. */
export async function cameras() {
  if (!navigator.mediaDevices?.enumerateDevices) return [];
  return (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
}

/** When pictures were sent and answered, for benchmarks: [number, taken, encoded ms, bytes]. */
export const sentLog = [];
const KEPT = 4000;

/** As a string of bytes, at once: toBlob waits until the page has nothing else to do, and the picture grows old. */
function jpegOf(canvas) {
  const address = canvas.toDataURL("image/jpeg", QUALITY);
  return atob(address.slice(address.indexOf(",") + 1));
}

export class Sender {
  /**
   * `on` has stage(message), link("open" | "lost" | "taken" | "busy" | "over"), trouble(why or null),
   * refused(why or null), words(message), and where it wants to know sent(canvas), with the picture on it.
   */
  constructor(address, video, on) {
    this.address = address;
    this.video = video;
    this.on = on;
    this.stream = null;
    this.wanted = null;
    this.number = 0;
    this.onTheWay = new Map();
    this.most = 1;
    this.left = null;
    this.wait = 200;
    this.ended = false;
    this.sending = false;
    this.why = null;
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    this.name = this.pageName();
    document.addEventListener("visibilitychange", () => this.cameBack());
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.cameBack());
  }

  pageName() {
    let name = sessionStorage.getItem("neckrom-camera-page");
    if (!name) {
      name = crypto.randomUUID();
      sessionStorage.setItem("neckrom-camera-page", name);
    }
    return name;
  }

  get label() {
    return this.stream?.getVideoTracks()[0]?.label ?? "";
  }

  get deviceId() {
    return this.stream?.getVideoTracks()[0]?.getSettings().deviceId ?? "";
  }

  // -------------------------------------------------------------------- camera

  /** Ask for a camera: `wanted` has deviceId or facingMode, width, height, fps. True where it films. */
  async film(wanted) {
    this.wanted = wanted;
    if (!canFilm()) {
      this.tellTrouble("missing");
      return false;
    }
    const size = { width: { ideal: wanted.width }, height: { ideal: wanted.height }, frameRate: { ideal: wanted.fps } };
    const which = wanted.deviceId ? { deviceId: { exact: wanted.deviceId } } : wanted.facingMode ? { facingMode: wanted.facingMode } : {};
    this.letGo();
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...size, ...which } });
    } catch (error) {
      const why = troubleOf(error);
      if (why === "none" && wanted.deviceId) return this.film({ ...wanted, deviceId: "" });
      this.tellTrouble(why);
      return false;
    }
    const [track] = this.stream.getVideoTracks();
    track.addEventListener("ended", () => this.lostCamera(track));
    this.video.srcObject = this.stream;
    this.video.play().catch(() => undefined);
    this.tellTrouble(null);
    this.sayHello();
    this.plan();
    return true;
  }

  letGo() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }

  lostCamera(track) {
    if (this.ended || this.stream?.getVideoTracks()[0] !== track) return;
    this.tellTrouble("ended");
    this.search();
  }

  /** Look for a camera that went away, again and again. */
  search() {
    clearTimeout(this.searching);
    this.searching = setTimeout(async () => {
      if (this.ended || this.films) return;
      if (!(await this.film(this.wanted)) && this.why !== "denied") this.search();
    }, SEARCH_MS);
  }

  get films() {
    return this.stream?.getVideoTracks()[0]?.readyState === "live";
  }

  cameBack() {
    if (this.ended || !this.wanted) return;
    if (document.hidden) {
      this.tellTrouble("hidden");
      return;
    }
    if (this.why === "hidden") this.tellTrouble(null);
    if (!this.films) this.film(this.wanted).then((films) => films || this.search());
    else this.video.play().catch(() => undefined);
    if (this.socket?.readyState !== WebSocket.OPEN && this.wait) this.openSoon(0);
  }

  tellTrouble(why) {
    this.why = why;
    this.say({ type: "trouble", why });
    this.on.trouble(why);
  }

  // ------------------------------------------------------------------ pictures

  /** Send from now on. */
  start() {
    this.sending = true;
  }

  plan() {
    if (this.planned || this.ended) return;
    this.planned = true;
    const frame = (now, about) => {
      this.planned = false;
      if (!this.films) return;
      this.plan();
      this.frame(now, about);
    };
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(frame);
    else requestAnimationFrame(frame);
  }

  frame(now, about) {
    // those count that the browser did not show us, too: then it is the computer that is slow, not the camera
    const shown = about?.presentedFrames ?? (this.shown ?? 0) + 1;
    this.given = (this.given ?? 0) + Math.max(1, shown - (this.shown ?? shown - 1));
    this.shown = shown;
    const taken = this.takenAt(now, about);
    this.left = null;
    if (!this.sending || this.socket?.readyState !== WebSocket.OPEN || !this.video.videoWidth) return;
    if (taken <= (this.lastTaken ?? -1)) return;
    if (this.isFull(now)) {
      this.left = { shown: performance.now(), taken };
      return;
    }
    this.lastTaken = taken;
    this.sendPicture(taken, this.given);
  }

  /** The picture that was left out a moment ago, if it is still the one that the camera shows. */
  sendLeft() {
    const { left } = this;
    this.left = null;
    const now = performance.now();
    if (!left || !this.films || now - left.shown > FRESH_MS || this.isFull(now)) return;
    this.lastTaken = left.taken;
    this.sendPicture(left.taken, this.given);
  }

  /** When the shutter was open, as far as the browser says; else when the picture came. */
  takenAt(now, about) {
    const said = about?.captureTime;
    return typeof said === "number" && said <= now && said > now - 1000 ? said : now;
  }

  /** Whether as many are under way as may be; one that is never answered does not count for ever. */
  isFull(now) {
    for (const [number, sent] of this.onTheWay) if (now - sent > STUCK_MS) this.onTheWay.delete(number);
    return this.onTheWay.size >= this.most;
  }

  sendPicture(taken, given) {
    const began = performance.now();
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(videoWidth, videoHeight));
    const width = Math.round(videoWidth * scale), height = Math.round(videoHeight * scale);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    this.context.drawImage(this.video, 0, 0, width, height);
    const picture = jpegOf(this.canvas);
    const message = new Uint8Array(HEAD_BYTES + picture.length);
    for (let at = 0; at < picture.length; at += 1) message[HEAD_BYTES + at] = picture.charCodeAt(at);
    const head = new DataView(message.buffer);
    this.number = (this.number + 1) >>> 0;
    head.setUint32(0, this.number, true);
    head.setFloat64(4, taken, true);
    head.setUint32(12, given >>> 0, true);
    this.socket.send(message);
    const sent = performance.now();
    this.onTheWay.set(this.number, sent);
    this.on.sent?.(this.canvas);
    sentLog.push([this.number, taken, sent - began, message.length]);
    if (sentLog.length > KEPT) sentLog.shift();
  }

  // ---------------------------------------------------------------- connection

  open(take = false) {
    clearTimeout(this.opening);
    if (this.ended || (this.socket && this.socket.readyState <= WebSocket.OPEN)) return;
    const socket = new WebSocket(`${this.address}?page=${this.name}&take=${take}`);
    this.socket = socket;
    socket.onopen = () => {
      this.wait = 200;
      this.onTheWay.clear();
      this.on.link("open");
      this.sayHello();
      this.say({ type: "trouble", why: this.why });
    };
    socket.onmessage = ({ data }) => this.take(JSON.parse(data));
    socket.onclose = ({ code }) => this.closed(code);
  }

  openSoon(wait) {
    clearTimeout(this.opening);
    this.opening = setTimeout(() => this.open(), wait);
  }

  closed(code) {
    this.onTheWay.clear();
    if (this.ended) return;
    if (code === OVER) {
      this.end();
    } else if (code === TAKEN_OVER || code === BUSY) {
      this.wait = 0;
      this.on.link(code === BUSY ? "busy" : "taken");
    } else {
      this.on.link("lost");
      this.wait = Math.min((this.wait || 200) * 1.6, 1500);
      this.openSoon(this.wait);
    }
  }

  take(message) {
    if (message.type === "clock") {
      this.say({ type: "clock", id: message.id, now: performance.now() });
    } else if (message.type === "took") {
      this.onTheWay.delete(message.id);
      this.on.refused(message.why ?? null);
      this.sendLeft();
    } else if (message.type === "stage") {
      this.most = message.on_the_way;
      this.on.stage(message);
      if (message.stage === "over") this.end();
    } else if (message.type === "words") {
      this.on.words?.(message);
    }
  }

  say(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  sayHello() {
    if (this.films) this.say({ type: "hello", label: this.label });
  }

  /** All is measured: the camera goes off. */
  end() {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.opening);
    clearTimeout(this.searching);
    this.letGo();
    this.on.link("over");
  }
}
