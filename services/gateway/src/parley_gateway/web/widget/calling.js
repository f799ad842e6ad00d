// One call, from the microphone to the end, over whichever line there is. What happens in it is told to one listener.

const GIVE_UP_MS = 30000; // without a connection for so long, a call is lost
const ANSWER_MS = 15000; // from connecting to `ready`
const BROKEN = [1001, 1005, 1006, 1012]; // close codes of networks and proxies, not of a gateway that is done
const RETRY_MS = [0, 500, 1000, 2000, 4000];

class Call {
  // `options`: server, agent, user, language, transport, wsUrl and token(), which gives {token, ...}.
  // `tell(event)` takes the gateway's own events and: opening, calling, reconnecting, reconnected, level,
  // microphone_lost, problem {name, detail}, over {reason}.
  constructor(options, tell) {
    this.options = options;
    this.tell = (event) => this.over || tell(event);
    this.finish = (event) => tell(event);
    this.over = false;
    this.ready = false; // the line takes audio
    this.stood = false; // it did at some time
    this.attempts = 0;
    this.sound = new Sound({
      frame: (pcm) => this.ready && this.line && this.line.sendAudio(pcm),
      level: (you, agent) => this.tell({ type: "level", you, agent }),
      lost: () => this.tell({ type: "microphone_lost" }),
      stream: (stream) => this.line && this.line.replaceMicrophone && this.line.replaceMicrophone(stream),
    });
  }

  async run() {
    try {
      this.tell({ type: "opening" });
      await this.sound.open(this.options.server);
      if (this.over) return;
      this.tell({ type: "calling" });
      const granted = await this.options.token();
      this.token = granted.token;
      this.config = await this.configure(granted);
      if (!this.over) await this.connect({ agent: granted.agent || this.options.agent });
    } catch (error) {
      if (!(error instanceof Problem)) console.error("parley-call:", error);
      this.fail(error instanceof Problem ? error : new Problem("failed"));
    }
  }

  async configure(granted) {
    const url = granted.ws_url || this.options.wsUrl;
    if (url && this.options.transport === "websocket") return { ws_url: url };
    const config = await fetchJson(`${this.options.server}/v1/config`);
    return url ? { ...config, ws_url: url } : config;
  }

  // Over WebRTC where browser and gateway have it, else over the WebSocket.
  async connect(start) {
    const { server, user, language, transport } = this.options;
    const hello = start.resume ? start : { ...start, ...(user && { user }), ...(language && { language }) };
    const token = start.resume ? "" : this.token;
    clearTimeout(this.answering);
    this.answering = setTimeout(() => this.line && this.line.leave(), ANSWER_MS);
    const on = {
      event: (event) => this.hear(event),
      audio: (pcm) => this.sound.play(pcm),
      stream: (stream) => this.sound.playStream(stream),
      closed: (code, reason) => this.lost(code, reason),
    };
    this.start = start;
    this.byPeer = transport !== "websocket" && this.config.webrtc && Boolean(window.RTCPeerConnection);
    if (this.byPeer) {
      this.ice = this.ice || (await this.iceServers());
      if (this.over) return;
      try {
        this.line = new PeerLine(server, this.ice, hello, token, this.sound.stream, on);
      } catch (error) {
        console.error("parley-call:", error); // servers or settings that this browser does not take
        this.lost(UNREACHED, "media");
      }
    } else if (transport === "webrtc") {
      this.fail(new Problem("browser"));
    } else {
      this.sound.stopStream();
      this.line = new SocketLine(this.config.ws_url, token, hello, on);
    }
  }

  // STUN and TURN are for who has a token.
  async iceServers() {
    if (!this.config.ice) return [];
    const headers = { Authorization: `Bearer ${this.token}` };
    const told = await fetchJson(`${this.options.server}/v1/webrtc/offer`, { headers }).catch(() => ({}));
    return told.iceServers || [];
  }

  hear(event) {
    switch (event.type) {
      case "ready":
        clearTimeout(this.answering);
        this.resume = event.resume || this.resume;
        this.ready = this.stood = true;
        if (this.lostAt) {
          this.lostAt = this.attempts = 0;
          this.tell({ type: "reconnected" });
        } else {
          this.began = performance.now();
          this.tell(event);
        }
        break;
      case "clear":
        this.sound.clear();
        break;
      case "refused":
        this.refusal = event.reason;
        this.tell({ type: "problem", name: REASONS[event.reason] || "failed", detail: event.detail });
        break;
      case "error":
        if (event.reason !== "bad_message") this.refusal = event.reason;
        this.tell({ type: "problem", name: REASONS[event.reason] || "failed", detail: event.detail });
        break;
      case "ended":
        this.end(this.refusal || event.reason, event.duration_ms);
        break;
      case "pong":
        break;
      default:
        this.tell(event);
    }
  }

  // The line is gone without a word of the call's end: take the call up again where that can be.
  lost(code, reason) {
    if (this.over) return;
    this.line = null;
    this.ready = false;
    clearTimeout(this.answering);
    if (this.refusal) return this.end(this.refusal);
    if (code === UNREACHED) {
      // Networks that let no UDP through let the WebSocket through.
      if (this.options.transport === "auto" && (!this.stood || reason === "media")) {
        this.config.webrtc = false;
        return void this.connect(this.start);
      }
      code = 1006;
    }
    const broken = BROKEN.includes(code) || reason === "client_stalled";
    if (!this.resume || !broken) {
      const known = { 1008: "no-token", 1012: "restarting", 1013: "busy" };
      return this.fail(new Problem(known[code] || (this.stood ? "lost" : "network")));
    }
    const now = performance.now();
    if (!this.lostAt) {
      this.lostAt = now;
      this.sound.clear();
      this.tell({ type: "reconnecting" });
    }
    if (now - this.lostAt > GIVE_UP_MS) return this.fail(new Problem("lost"));
    const wait = RETRY_MS[Math.min(this.attempts++, RETRY_MS.length - 1)];
    const again = () => {
      clearTimeout(this.waiting);
      window.removeEventListener("online", again);
      if (!this.over) this.connect({ resume: this.resume });
    };
    this.waiting = setTimeout(again, wait);
    window.addEventListener("online", again);
  }

  sendText(text) {
    this.send({ type: "text", text });
  }

  sendDigits(digits) {
    this.send({ type: "digits", digits });
  }

  send(message) {
    if (this.line) this.line.send(message);
  }

  hangUp() {
    this.send({ type: "hangup" });
    this.end("caller_hung_up");
  }

  fail(problem) {
    this.tell({ type: "problem", name: problem.name, detail: problem.detail });
    this.end(problem.name);
  }

  end(reason, counted) {
    if (this.over) return;
    this.over = true;
    const durationMs = counted || (this.began ? Math.round(performance.now() - this.began) : 0);
    clearTimeout(this.answering);
    clearTimeout(this.waiting);
    this.sound.close();
    if (this.line) this.line.close();
    this.finish({ type: "over", reason, duration_ms: durationMs });
  }
}

async function fetchJson(url, options) {
  let answer;
  try {
    answer = await fetch(url, { ...options, signal: AbortSignal.timeout(10000) });
  } catch {
    throw new Problem("network");
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  const problem = new Problem(REASONS[body.reason] || HTTP[answer.status] || "failed", body.detail);
  if (body.reason && body.reason !== "not_found") problem.refused = body;
  throw problem;
}

const HTTP = { 401: "no-token", 403: "no-token", 404: "unknown-agent", 429: "limit" };
