// A line to the gateway over its WebSocket: events as JSON, audio as PCM16.

const OPEN_TIMEOUT_MS = 8000;
const PING_MS = 2000;
const SILENT_MS = 5000; // so long without an answer to a ping, and the network is gone
const MOST_UNSENT = 64000; // bytes: two seconds of speech; older speech is worth nothing
const LEFT_OFF = 4000; // the close code of a client that will take its call up again

class SocketLine {
  // `on.event(message)`, `on.audio(pcm)`, and once: `on.closed(code, reason)`.
  constructor(url, token, start, on) {
    this.on = on;
    this.over = false;
    this.socket = new WebSocket(token ? `${url}?token=${encodeURIComponent(token)}` : url);
    this.socket.binaryType = "arraybuffer";
    this.asked = 0; // when the oldest unanswered ping was sent
    this.opening = setTimeout(() => this.leave(), OPEN_TIMEOUT_MS);
    this.socket.onopen = () => {
      clearTimeout(this.opening);
      this.send({ type: "start", format: { encoding: "pcm16", sample_rate: 16000, channels: 1 }, ...start });
      this.pinging = setInterval(() => this.ping(), PING_MS);
    };
    this.socket.onmessage = ({ data }) => {
      this.asked = 0;
      if (this.over) return;
      if (typeof data === "string") this.on.event(JSON.parse(data));
      else this.on.audio(data);
    };
    this.socket.onclose = ({ code, reason }) => this.end(code, reason);
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  sendAudio(pcm) {
    if (this.socket.readyState === WebSocket.OPEN && this.socket.bufferedAmount < MOST_UNSENT) this.socket.send(pcm);
  }

  ping() {
    const now = performance.now();
    if (this.asked && now - this.asked > SILENT_MS) this.leave();
    else this.send({ type: "ping" });
    this.asked = this.asked || now;
  }

  // The network is gone, but the call shall go on.
  leave() {
    this.socket.close(LEFT_OFF);
    this.end(1006);
  }

  close() {
    this.on = { event() {}, audio() {}, closed() {} };
    this.end(1000);
    this.socket.close(1000);
  }

  end(code, reason = "") {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.opening);
    clearInterval(this.pinging);
    this.on.closed(code, reason);
  }
}
