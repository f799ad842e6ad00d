// A line to the gateway over its WebSocket: events as JSON, audio as PCM16.

const OPEN_TIMEOUT_MS = 8000;
const MOST_UNSENT = 64000; // bytes: two seconds of speech; older speech is worth nothing

class SocketLine extends Line {
  constructor(url, token, start, on) {
    super(on);
    this.socket = new WebSocket(token ? `${url}?token=${encodeURIComponent(token)}` : url);
    this.socket.binaryType = "arraybuffer";
    this.opening = setTimeout(() => this.leave(), OPEN_TIMEOUT_MS);
    this.socket.onopen = () => {
      clearTimeout(this.opening);
      this.send({ type: "start", format: { encoding: "pcm16", sample_rate: 16000, channels: 1 }, ...start });
      this.opened();
    };
    this.socket.onmessage = ({ data }) => this.hear(data);
    this.socket.onclose = ({ code, reason }) => this.end(code, reason);
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  sendAudio(pcm) {
    if (this.socket.readyState === WebSocket.OPEN && this.socket.bufferedAmount < MOST_UNSENT) this.socket.send(pcm);
  }

  drop(code) {
    this.socket.close(code);
  }
}
