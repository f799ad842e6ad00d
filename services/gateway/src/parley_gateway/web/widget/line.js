// What every line to a gateway has: events both ways, pings that find out when the network is gone, one end.

const PING_MS = 2000;
const SILENT_MS = 5000; // so long without an answer to a ping, and the network is gone
const LEFT_OFF = 4000; // the close code of a client that will take its call up again
const UNREACHED = 4001; // ours alone: there never was a connection of this kind

class Line {
  // `on.event(message)`, `on.audio(pcm)` or `on.stream(stream)`, and once: `on.closed(code, reason)`.
  constructor(on) {
    this.on = on;
    this.over = false;
    this.asked = 0; // when the oldest unanswered ping was sent
  }

  // Subclasses: send(message), sendAudio(pcm), drop(code).

  opened() {
    this.pinging = setInterval(() => {
      const now = performance.now();
      if (this.asked && now - this.asked > SILENT_MS) this.leave();
      else this.send({ type: "ping" });
      this.asked = this.asked || now;
    }, PING_MS);
  }

  hear(data) {
    this.asked = 0;
    if (this.over) return;
    if (typeof data === "string") this.on.event(JSON.parse(data));
    else this.on.audio(data);
  }

  // The network is gone, but the call shall go on.
  leave(code = 1006, reason = "") {
    this.drop(LEFT_OFF);
    this.end(code, reason);
  }

  close() {
    this.on = { event() {}, audio() {}, stream() {}, closed() {} };
    this.end(1000);
    this.drop(1000);
  }

  end(code, reason = "") {
    if (this.over) return;
    this.over = true;
    clearInterval(this.pinging);
    clearTimeout(this.opening);
    this.on.closed(code, reason);
  }
}
