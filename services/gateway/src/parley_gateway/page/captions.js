// Captions: what each side says, as it is said. The caller's words firm up; the agent's darken as they are heard.

export class Captions {
  constructor(list) {
    this.list = list;
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
      case "turn_latency":
        this.measure(event);
        break;
      case "interrupted":
        this.cut(event.turn);
        break;
    }
    this.list.scrollTop = this.list.scrollHeight;
  }

  note(text) {
    const line = document.createElement("li");
    line.className = "note";
    line.textContent = text;
    this.list.append(line);
    this.list.scrollTop = this.list.scrollHeight;
  }

  finish() {
    if (this.guess) this.guess.remove();
    this.guess = null;
    for (const turn of this.turns.keys()) this.cut(turn);
  }

  line(who, name) {
    const line = document.createElement("li");
    line.className = who;
    const label = document.createElement("b");
    label.textContent = name;
    const words = document.createElement("span");
    line.append(label, words);
    this.list.append(line);
    return { line, words };
  }

  showGuess() {
    const text = [...this.guesses.values()].filter(Boolean).join(" ");
    if (!text) return;
    if (!this.guess) {
      const { line, words } = this.line("you", "You");
      words.className = "unsure";
      this.guess = line;
    }
    this.guess.querySelector("span").textContent = text;
  }

  commit(text) {
    if (this.guess) this.guess.remove();
    this.guess = null;
    this.guesses.clear();
    this.line("you", "You").words.textContent = text;
  }

  say({ turn, sentence, take, text }) {
    if (!this.turns.has(turn)) this.turns.set(turn, this.line("agent", "Agent"));
    const key = `${turn}/${sentence}`;
    const known = this.sentences.get(key);
    if (known && take > 0) {
      known.rest = text; // the rest of a sentence that was broken off, said by another voice
      return;
    }
    const part = document.createElement("span");
    part.className = "unheard";
    part.textContent = `${text} `;
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
    const rest = document.createElement("span");
    rest.className = "unheard";
    rest.textContent = `${known.text.slice(known.heard.length)} `;
    known.part.className = "";
    known.part.textContent = known.heard;
    known.part.after(rest);
    known.part = rest;
  }

  cut(turn) {
    const shown = this.turns.get(turn);
    if (!shown) return;
    for (const part of shown.words.querySelectorAll(".unheard")) part.className = "unheard cut";
  }

  measure({ turn, total_ms, parts_ms }) {
    const shown = this.turns.get(turn);
    if (!shown) return;
    const time = document.createElement("small");
    time.textContent = `answered after ${Math.round(total_ms)} ms`;
    time.title = Object.entries(parts_ms)
      .map(([name, ms]) => `${name.replace("_", " ")} ${ms.toFixed(1)} ms`)
      .join(", ");
    shown.line.append(time);
  }
}
