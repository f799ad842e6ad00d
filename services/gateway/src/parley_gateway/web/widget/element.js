// <parley-call>: the custom element. It joins the view and a call, and tells the page what happens.

const STATES = { idle: "turn", listening: "listening", pausing: "listening", committed: "thinking", speaking: "speaking" };
const TOLD = {
  // the gateway's events that the page hears under a name of their own
  ready: "ready",
  transcript: "transcript",
  agent_sentence: "sentence",
  spoken: "spoken",
  interrupted: "interrupted",
};

class ParleyCall extends HTMLElement {
  static observedAttributes = ["lang", "heading", "agent"];

  constructor() {
    super();
    this.attachShadow({ mode: "open" });
    this.view = new View(this.shadowRoot, (name) => textFor(this, name), {
      call: () => (this.call ? this.hangUp() : this.start()),
      mute: () => (this.muted = !this.muted),
      digit: (digit) => this.sendDigits(digit),
      text: (text) => this.sendText(text),
    });
    this.call = null;
    this.leaving = () => this.hangUp();
  }

  connectedCallback() {
    window.addEventListener("pagehide", this.leaving);
    this.write();
    if (!this.call && !this.view.status.textContent) this.view.say(textFor(this, "idle"));
  }

  disconnectedCallback() {
    window.removeEventListener("pagehide", this.leaving);
    // An element that is moved is connected again at once; one that is taken out has hung up.
    queueMicrotask(() => this.isConnected || this.hangUp());
  }

  attributeChangedCallback() {
    if (this.isConnected) this.write();
  }

  write() {
    this.view.heading.textContent = this.getAttribute("heading") || this.getAttribute("agent") || "";
    this.view.write();
    if (!this.call) this.view.say(textFor(this, "idle"));
  }

  // For the page

  // "idle", "calling", "connected" or "reconnecting".
  get state() {
    return this.#state;
  }

  // Places a call; true when it stands, false when it was not to be. Browsers want a click or a key before it.
  start() {
    if (this.call) return this.#standing;
    this.view.complain("");
    this.view.captions.clear();
    this.view.time(0);
    this.view.show(true);
    this.#problem = "";
    this.#standing = new Promise((resolve) => (this.#stands = resolve));
    try {
      this.call = new Call(this.#options(), (event) => this.#hear(event));
    } catch (error) {
      this.#hear({ type: "problem", name: error instanceof Problem ? error.name : "failed" });
      this.#hear({ type: "over", reason: "failed", duration_ms: 0 });
      return this.#standing;
    }
    this.#become("calling");
    this.call.run();
    return this.#standing;
  }

  hangUp() {
    if (this.call) this.call.hangUp();
  }

  focus(options) {
    this.view.callButton.focus(options);
  }

  sendText(text) {
    if (this.call) this.call.sendText(String(text).slice(0, 2000));
  }

  // 0 to 9, * and #.
  sendDigits(digits) {
    if (this.call) this.call.sendDigits(String(digits));
  }

  get muted() {
    return Boolean(this.call && this.call.sound.muted);
  }

  set muted(muted) {
    if (!this.call) return;
    this.call.sound.muted = Boolean(muted);
    this.view.mute(this.muted);
    this.#status();
  }

  // A function that gives a token, or {token}, instead of the attributes `token` and `token-url`.
  getToken = null;

  // Inside

  #state = "idle";
  #phase = "";
  #problem = "";
  #began = 0;
  #ticking = 0;
  #standing = null;
  #stands = () => {};

  #options() {
    const server = this.getAttribute("server") || SERVER;
    return {
      server: new URL(server, location.href).href.replace(/\/+$/, ""),
      agent: this.getAttribute("agent") || "",
      user: this.getAttribute("user") || "",
      language: this.getAttribute("language") || "",
      transport: this.getAttribute("transport") || "auto",
      wsUrl: this.getAttribute("ws-url") || "",
      token: () => this.#token(server),
    };
  }

  async #token(server) {
    const agent = this.getAttribute("agent") || "";
    let granted = this.getAttribute("token");
    if (this.getToken) granted = await this.getToken(agent);
    else if (!granted) {
      granted = await fetchJson(this.getAttribute("token-url") || `${server.replace(/\/+$/, "")}/v1/tokens`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(agent ? { agent } : {}),
      });
    }
    if (typeof granted === "string") granted = { token: granted };
    if (!granted || !granted.token) throw new Problem("no-token");
    return granted;
  }

  #hear(event) {
    const { view } = this;
    switch (event.type) {
      case "level":
        view.level(event.you, event.agent);
        return;
      case "opening":
      case "calling":
        this.#phase = event.type;
        break;
      case "ready":
        this.#phase = "turn";
        this.#began = performance.now();
        this.#ticking = setInterval(() => view.time(performance.now() - this.#began), 500);
        this.#become("connected");
        this.#stands(true);
        break;
      case "state":
        this.#phase = STATES[event.state] || this.#phase;
        break;
      case "reconnecting":
        this.#become("reconnecting");
        view.captions.note(textFor(this, "reconnecting"));
        break;
      case "reconnected":
        this.#become("connected");
        view.captions.note(textFor(this, "reconnected"));
        break;
      case "worker_lost":
        view.captions.note(textFor(this, "worker-lost"));
        break;
      case "microphone_lost":
        this.#complain("microphone-lost");
        break;
      case "problem":
        this.#complain(event.name, event.detail);
        break;
      case "over":
        this.#over(event);
        return;
      case "turn_latency":
        if (!this.hasAttribute("show-latency")) break;
      // falls through
      default:
        view.captions.hear(event);
    }
    this.#status();
    const { type, ...detail } = event;
    if (type in TOLD) this.#tell(TOLD[type], detail);
  }

  #status() {
    if (!this.call) return;
    let name = this.#phase;
    if (this.#state === "reconnecting") name = "reconnecting";
    else if (this.muted && this.#phase !== "speaking") name = "muted";
    this.view.say(textFor(this, name));
  }

  #complain(name, detail = "") {
    // A reason that has no text of ours is told in the service's words.
    const message = name === "failed" && detail ? detail : textFor(this, name);
    this.#problem = message;
    this.view.complain(message);
    this.#tell("error", { reason: name, message });
  }

  #over({ reason, duration_ms }) {
    clearInterval(this.#ticking);
    this.call = null;
    const ended = textFor(this, REASONS[reason] in TEXTS.en ? REASONS[reason] : "ended");
    this.view.captions.finish();
    if (!this.#problem) this.view.captions.note(ended);
    this.view.show(false);
    this.view.say(`${this.#problem ? "" : `${ended} `}${textFor(this, "again")}`);
    this.#stands(false);
    this.#become("idle");
    this.#tell("ended", { reason, duration_ms });
  }

  #become(state) {
    if (this.#state === state) return;
    this.#state = state;
    this.setAttribute("state", state); // for the page's CSS
    this.#tell("state", { state });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(`parley-call:${name}`, { detail, bubbles: true, composed: true }));
  }
}

if (!customElements.get("parley-call")) customElements.define("parley-call", ParleyCall);
