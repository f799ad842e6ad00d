// What the widget looks like: its parts inside the shadow root, with their roles and names. It knows no calls.

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  call: "M6.6 10.8a15 15 0 0 0 6.6 6.6l2.2-2.2a1 1 0 0 1 1-.25 11 11 0 0 0 3.6.58 1 1 0 0 1 1 1V20a1 1 0 0 1-1 1A17 17 0 0 1 3 4a1 1 0 0 1 1-1h3.5a1 1 0 0 1 1 1 11 11 0 0 0 .57 3.57 1 1 0 0 1-.25 1z",
  mute: "M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zm5-3a5 5 0 0 1-10 0H5a7 7 0 0 0 6 6.9V22h2v-3.1A7 7 0 0 0 19 12z",
  keypad: "M5 4h3v3H5zm5.5 0h3v3h-3zM16 4h3v3h-3zM5 9.5h3v3H5zm5.5 0h3v3h-3zm5.5 0h3v3h-3zM5 15h3v3H5zm5.5 0h3v3h-3zm5.5 0h3v3h-3zm-5.5 5.5h3v3h-3z",
  type: "M4 5h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zm2 4v2h2V9zm4 0v2h2V9zm4 0v2h4V9zM7 14v2h10v-2z",
};

class View {
  // `press`: call(), mute(), digit(d), text(t). `text(name)` gives the texts.
  constructor(root, text, press) {
    this.root = root;
    this.text = text;
    this.press = press;
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    root.adoptedStyleSheets = [style]; // no inline style, which a page's policy may forbid
    this.labels = []; // what to write again when the language changes
    this.build();
    this.captions = new Captions(this.list, text);
    this.write();
  }

  build() {
    this.heading = make("strong", { id: "heading", part: "heading" });
    this.clock = make("span", { class: "clock", role: "timer", part: "clock" });
    this.label(this.clock, "aria-label", "duration");
    this.you = this.meter("you", "your-level");
    this.agent = this.meter("agent", "agent-level");
    this.status = make("p", { class: "status", role: "status", part: "status" });
    this.problem = make("p", { class: "problem", role: "alert", part: "problem" });
    this.list = make("div", { class: "captions", role: "log", "aria-live": "off", tabindex: "0", part: "captions" });
    this.label(this.list, "aria-label", "captions");
    this.empty = make("p", { class: "empty" });
    this.label(this.empty, "text", "empty");
    this.callButton = this.button("call", () => this.press.call());
    this.muteButton = this.button("mute", () => this.press.mute());
    this.muteButton.setAttribute("aria-pressed", "false");
    this.keypad = this.buildKeypad();
    this.typing = this.buildTyping();
    this.keypadButton = this.opener("keypad", this.keypad, () => this.keypad.querySelector("button"));
    this.typeButton = this.opener("type", this.typing, () => this.input);
    this.inCall = [this.muteButton, this.keypadButton, this.typeButton];
    this.root.append(
      make(
        "section",
        { class: "card", part: "card", "aria-labelledby": "heading" },
        make("header", {}, this.heading, this.clock),
        this.status,
        this.problem,
        make("div", { class: "levels" }, this.you.line, this.agent.line),
        make("div", { class: "page" }, this.list, this.empty),
        this.keypad,
        this.typing,
        make("div", { class: "controls", part: "controls" }, this.callButton, ...this.inCall),
      ),
    );
    this.show(false);
  }

  buildKeypad() {
    this.pressed = make("output", { class: "pressed" });
    const keys = KEYS.map((key) => {
      const button = make("button", { type: "button", class: "key", part: "key" }, key);
      if (key === "*") this.label(button, "aria-label", "star");
      if (key === "#") this.label(button, "aria-label", "hash");
      button.addEventListener("click", () => this.digit(key));
      return button;
    });
    const pad = make("div", { id: "keypad", class: "keypad", role: "group", part: "keypad", hidden: true }, this.pressed, ...keys);
    this.label(pad, "aria-label", "keypad");
    pad.addEventListener("keydown", (event) => {
      if (KEYS.includes(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) this.digit(event.key);
    });
    return pad;
  }

  digit(key) {
    this.pressed.value = (this.pressed.value + key).slice(-16);
    this.press.digit(key);
  }

  buildTyping() {
    this.input = make("input", { id: "message", autocomplete: "off", maxlength: "2000", enterkeyhint: "send", part: "input" });
    const name = make("label", { for: "message", class: "hidden" });
    this.label(name, "text", "message");
    const send = make("button", { type: "submit", part: "send" });
    this.label(send, "text", "send");
    this.announce = make("input", { id: "announce", type: "checkbox" });
    this.announce.addEventListener("change", () =>
      // Off at first: a screen reader would talk over the agent, who can be heard, and into the microphone.
      this.list.setAttribute("aria-live", this.announce.checked ? "polite" : "off"),
    );
    const wish = make("label", { for: "announce" });
    this.label(wish, "text", "announce");
    const form = make(
      "form",
      { id: "typing", class: "typing", hidden: true },
      make("div", {}, name, this.input, send),
      make("div", { class: "wish" }, this.announce, wish),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.input.value.trim();
      if (text) this.press.text(text);
      this.input.value = "";
    });
    return form;
  }

  meter(who, name) {
    const bar = make("span", { class: "bar" });
    const gauge = make("span", { class: `gauge ${who}`, role: "meter", "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "0" }, bar);
    this.label(gauge, "aria-label", name);
    const label = make("span", { "aria-hidden": "true" });
    this.label(label, "text", who);
    return { bar, gauge, line: make("div", { class: "level" }, label, gauge), shown: 0, said: 0 };
  }

  button(name, act) {
    const label = make("span", {});
    this.label(label, "text", name);
    const button = make("button", { type: "button", class: `${name}-button`, part: `${name}-button` }, icon(name), label);
    button.name = name;
    button.addEventListener("click", act);
    return button;
  }

  // A button that opens and closes a panel; Escape closes it, too.
  opener(name, panel, first) {
    const toggle = (open) => {
      panel.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
      if (open) first().focus();
      else if (panel.contains(this.root.activeElement)) button.focus();
    };
    const button = this.button(name, () => toggle(panel.hidden));
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-controls", panel.id);
    panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      toggle(false);
      button.focus();
    });
    button.close = () => toggle(false);
    return button;
  }

  label(element, where, name) {
    this.labels.push([element, where, name]);
  }

  // Writes every text, in what the language is now.
  write() {
    for (const [element, where, name] of this.labels) {
      if (where === "text") element.textContent = this.text(name);
      else element.setAttribute(where, this.text(name));
    }
    this.callButton.lastElementChild.textContent = this.text(this.calling ? "hang-up" : "call");
  }

  // Shows the buttons of a call, or the one that begins it.
  show(calling) {
    this.calling = calling;
    const lost = !calling && this.root.activeElement && this.root.activeElement !== this.callButton;
    this.callButton.lastElementChild.textContent = this.text(calling ? "hang-up" : "call");
    this.callButton.classList.toggle("on", calling);
    for (const button of this.inCall) button.hidden = !calling;
    if (calling) return;
    this.keypadButton.close();
    this.typeButton.close();
    this.pressed.value = "";
    this.mute(false);
    this.you.shown = this.agent.shown = 0;
    this.level(0, 0);
    if (lost) this.callButton.focus(); // what had the focus is gone
  }

  mute(muted) {
    this.muteButton.setAttribute("aria-pressed", String(muted));
  }

  say(text) {
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  complain(text) {
    this.problem.textContent = text;
  }

  time(ms) {
    const seconds = Math.floor(ms / 1000);
    this.clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }

  level(you, agent) {
    for (const [meter, level] of [[this.you, you], [this.agent, agent]]) {
      // Ears count in decibels: -50 dB to 0 dB.
      const part = level > 0 ? Math.max(0, Math.min(1, 1 + (20 * Math.log10(level)) / 50)) : 0;
      meter.shown = Math.max(part, meter.shown * 0.85);
      meter.bar.style.transform = `scaleX(${meter.shown.toFixed(2)})`;
      const tenth = Math.round(part * 10) * 10;
      const now = performance.now();
      if (tenth === meter.said || (tenth && now - meter.at < 500)) continue;
      meter.said = tenth;
      meter.at = now;
      meter.gauge.setAttribute("aria-valuenow", String(tenth));
    }
  }
}

function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  picture.append(path);
  return picture;
}
