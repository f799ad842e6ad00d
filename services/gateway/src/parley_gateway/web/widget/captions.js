// Captions: what each side says, as it is said. The caller's words firm up; the agent's darken as they are heard, and
// what was cut off stays as cut.

const MOST_LINES = 200;

class Captions {
  constructor(list, text) {
    this.list = list;
    this.text = text;
    this.clear();
  }

  clear() {
    this.list.replaceChildren();
    this.guess = null; // the caller's turn in the making
    this.guesses = new Map(); // utterance to text
    this.turns = new Map(); // turn to the agent's line
    this.sentences = new Map(); // "turn/sentence" to what of it is on screen
  }

  hear(event) {
    const atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
    switch (event.type) {
      case "partial":
        this.guesses.set(event.utterance, event.text);
        this.showGuess();
        break;
      case "transcript":
        this.commit(event.text);
        break;
      case "agent_sentence":
        this.say(event);
        break;
      case "spoken":
        this.heard(event);
        break;
      case "interrupted":
        this.cut(event.turn);
        break;
      case "turn_latency":
        this.measure(event);
        break;
    }
    while (this.list.childElementCount > MOST_LINES) this.list.firstElementChild.remove();
    // Who has scrolled up to read is left there.
    if (atEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  note(text) {
    const line = make("p", { class: "note", part: "note" }, text);
    this.list.append(line);
    this.list.scrollTop = this.list.scrollHeight;
  }

  finish() {
    if (this.guess) this.guess.line.remove();
    this.guess = null;
    for (const turn of this.turns.keys()) this.cut(turn);
  }

  line(who) {
    const words = make("span", {});
    const line = make("p", { class: who, part: who }, make("b", {}, this.text(who)), words);
    this.list.append(line);
    return { line, words };
  }

  showGuess() {
    const text = [...this.guesses.values()].filter(Boolean).join(" ");
    if (!text) return;
    if (!this.guess) {
      this.guess = this.line("you");
      this.guess.line.setAttribute("aria-hidden", "true"); // read once, when it is certain
      this.guess.words.className = "unsure";
    }
    this.guess.words.textContent = text;
  }

  commit(text) {
    if (this.guess) this.guess.line.remove();
    this.guess = null;
    this.guesses.clear();
    if (text) this.line("you").words.textContent = text;
  }

  say({ turn, sentence, take, text }) {
    const key = `${turn}/${sentence}`;
    const known = this.sentences.get(key);
    if (known && take > 0) return; // the rest of a sentence that was broken off, said by another voice
    if (!this.turns.has(turn)) this.turns.set(turn, this.line("agent"));
    const part = make("span", { class: "unheard" }, `${text} `);
    this.turns.get(turn).words.append(part);
    this.sentences.set(key, { part, text, heard: "" });
  }

  heard({ turn, sentence, text, complete }) {
    const known = this.sentences.get(`${turn}/${sentence}`);
    if (!known) return;
    known.heard = `${known.heard} ${text}`.trim();
    if (complete) {
      known.part.className = "";
      return;
    }
    const rest = make("span", { class: "unheard" }, `${known.text.slice(known.heard.length)} `);
    known.part.className = "";
    known.part.textContent = known.heard;
    known.part.after(rest);
    known.part = rest;
  }

  cut(turn) {
    const shown = this.turns.get(turn);
    if (!shown) return;
    for (const part of shown.words.querySelectorAll(".unheard")) {
      if (!part.textContent.trim()) continue;
      const cut = make("del", { class: "cut", part: "cut" }, make("i", { class: "hidden" }, `${this.text("cut")} `));
      cut.append(part.textContent);
      part.replaceWith(cut);
    }
  }

  measure({ turn, total_ms, parts_ms }) {
    const shown = this.turns.get(turn);
    if (!shown) return;
    const time = make("small", { part: "latency" }, `${Math.round(total_ms)} ms`);
    time.title = Object.entries(parts_ms)
      .map(([name, ms]) => `${name.replace("_", " ")} ${ms.toFixed(1)} ms`)
      .join(", ");
    shown.line.append(time);
  }
}

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}
