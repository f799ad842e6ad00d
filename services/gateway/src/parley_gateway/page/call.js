// The call page: one button, the microphone and the loudspeaker, captions of both sides.

import { Captions } from "./captions.js";

const $ = (id) => document.getElementById(id);
const captions = new Captions($("captions"));
const STATES = {
  idle: "Your turn. Speak when you like.",
  listening: "Listening …",
  pausing: "Listening …",
  committed: "Thinking …",
  speaking: "The agent is speaking. You may interrupt.",
};
const ENDS = {
  caller_hung_up: "You hung up.",
  agent_hung_up: "The agent said goodbye.",
  handed_off: "You are being handed to a colleague.",
  silence: "The call ended because nobody spoke.",
  time_limit: "The call reached its time limit.",
  nobody_free: "All lines are busy. Please call again in a few minutes.",
  gateway_stopped: "The platform is being restarted. Please call again.",
  client_stalled: "Your connection is too slow for a call.",
  client_gone: "The connection was lost.",
};

let config = null;
let call = null;

class Problem extends Error {}

async function fetchJson(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Problem("The platform does not answer. Is it running?");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(body.detail || `The platform answered with an error (${answer.status}).`);
  return body;
}

async function prepare() {
  config = await fetchJson("/v1/config");
  const { agents } = await fetchJson("/v1/agents");
  if (!agents.length) throw new Problem("No agent has been published yet.");
  const choice = $("agent");
  choice.replaceChildren(...agents.map((one) => new Option(one.name, one.agent)));
  if (agents.some((one) => one.agent === config.default_agent)) choice.value = config.default_agent;
  $("agent-choice").hidden = agents.length < 2;
  const name = () => ($("agent-name").textContent = choice.selectedOptions[0].text);
  choice.addEventListener("change", name);
  name();
  $("call").disabled = false;
  say("Press Call and allow the microphone.");
}

function say(text) {
  $("status").textContent = text;
}

function complain(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

async function openMicrophone() {
  if (!navigator.mediaDevices) {
    throw new Problem("The browser allows the microphone only on https or on this computer (localhost).");
  }
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
  } catch (error) {
    if (error.name === "NotAllowedError") {
      throw new Problem("The microphone is blocked. Allow it in the browser's address bar and call again.");
    }
    if (error.name === "NotFoundError") throw new Problem("No microphone was found. Plug one in and call again.");
    throw new Problem("The microphone cannot be used; another program may have it.");
  }
}

class Call {
  constructor(agent) {
    this.agent = agent;
    this.over = false;
    this.ready = false;
  }

  async start() {
    say("Opening the microphone …");
    this.stream = await openMicrophone();
    this.audio = new AudioContext({ latencyHint: "interactive" });
    await this.audio.audioWorklet.addModule("/page/capture.js");
    await this.audio.audioWorklet.addModule("/page/playback.js");
    await this.audio.resume();
    this.microphone = new AudioWorkletNode(this.audio, "capture", { numberOfOutputs: 0 });
    this.speaker = new AudioWorkletNode(this.audio, "playback", { numberOfInputs: 0, outputChannelCount: [1] });
    this.audio.createMediaStreamSource(this.stream).connect(this.microphone);
    this.speaker.connect(this.audio.destination);
    this.microphone.port.onmessage = ({ data }) => {
      if (this.over) return;
      $("level-you").value = Math.min(1, data.level * 1.5);
      if (this.ready && this.socket.readyState === WebSocket.OPEN) this.socket.send(data.pcm);
    };
    this.speaker.port.onmessage = ({ data }) => {
      if (!this.over) $("level-agent").value = Math.min(1, data * 1.5);
    };
    say("Calling …");
    const { token } = await fetchJson("/v1/tokens", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ agent: this.agent }),
    });
    if (this.over) return;
    this.socket = new WebSocket(`${config.ws_url}?token=${encodeURIComponent(token)}`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () =>
      this.send({
        type: "start",
        agent: this.agent,
        format: { encoding: "pcm16", sample_rate: 16000, channels: 1 },
        user: "web",
      });
    this.socket.onmessage = ({ data }) =>
      typeof data === "string" ? this.hear(JSON.parse(data)) : this.speaker.port.postMessage(data, [data]);
    this.socket.onclose = ({ code }) => {
      if (!this.over) this.end(code === 1006 ? "The connection was lost." : "The call ended.", code === 1006);
    };
  }

  send(message) {
    if (this.socket && this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  hear(event) {
    switch (event.type) {
      case "ready":
        this.ready = true;
        this.began = performance.now();
        this.ticking = setInterval(() => showClock(performance.now() - this.began), 500);
        $("typing").hidden = false;
        say("Connected.");
        break;
      case "refused":
        complain(event.detail);
        captions.note(event.detail);
        say("The call was not taken.");
        this.refused = true;
        break;
      case "error":
        complain(`Something went wrong: ${event.detail}`);
        break;
      case "state":
        say(STATES[event.state] || event.state);
        break;
      case "clear":
        this.speaker.port.postMessage("clear");
        break;
      case "turn_latency":
        $("latency").textContent = `last answer after ${Math.round(event.total_ms)} ms`;
        captions.hear(event);
        break;
      case "worker_lost":
        captions.note("One part of the platform was lost; another takes over.");
        break;
      case "ended":
        this.end(this.refused ? "The call was not taken." : ENDS[event.reason] || "The call ended.", false);
        break;
      default:
        captions.hear(event);
    }
  }

  hangUp() {
    this.send({ type: "hangup" });
    this.end("You hung up.", false);
  }

  end(why, broken) {
    if (this.over) return;
    this.over = true;
    clearInterval(this.ticking);
    if (this.stream) for (const track of this.stream.getTracks()) track.stop();
    if (this.audio) this.audio.close();
    if (this.socket) this.socket.close();
    $("level-you").value = 0;
    $("level-agent").value = 0;
    $("typing").hidden = true;
    if (broken) complain(why);
    captions.note(why);
    captions.finish();
    say(`${why} Press Call to call again.`);
    showButton(false);
    if (call === this) call = null;
  }
}

function showClock(ms) {
  const seconds = Math.floor(ms / 1000);
  $("clock").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function showButton(calling) {
  $("call").textContent = calling ? "Hang up" : "Call";
  $("call").classList.toggle("on", calling);
  $("agent").disabled = calling;
}

$("call").addEventListener("click", async () => {
  if (call) {
    call.hangUp();
    return;
  }
  complain("");
  captions.clear();
  showClock(0);
  $("latency").textContent = "";
  const mine = (call = new Call($("agent").value));
  showButton(true);
  try {
    await mine.start();
  } catch (error) {
    const text = error instanceof Problem ? error.message : "This browser cannot place the call.";
    if (!(error instanceof Problem)) console.error(error);
    mine.end(text, true);
    say("No call.");
  }
});

$("typing").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text || !call) return;
  call.send(/^[0-9*#]+$/.test(text) ? { type: "digits", digits: text } : { type: "text", text });
  $("text").value = "";
});

window.addEventListener("pagehide", () => call && call.hangUp());

prepare().catch((error) => {
  complain(error instanceof Problem ? error.message : "The page could not be set up.");
  say("Not ready. Reload the page to try again.");
});
