// The audio threads' side of the widget: the microphone as 16 kHz PCM16 in frames of 20 ms, and the agent's frames
// behind a small jitter buffer, at whatever rate the device runs.

const RATE = 16000;
const FRAME = 320;
const ZEROS = 16; // of the sinc on either side of its middle
const PHASES = 128;

// Streams samples from one rate to another through a windowed sinc, whose cutoff is below both rates' halves.
class Resampler {
  constructor(from, to) {
    this.step = from / to;
    const scale = Math.max(1, this.step);
    this.half = Math.ceil(ZEROS * scale);
    this.taps = 2 * this.half;
    this.table = sincTable(this.half, 0.92 / scale);
    this.line = new Float32Array(this.taps + 4096);
    this.held = this.half; // samples in the line; it begins with silence
    this.at = this.half; // where in the line the next output lies
  }

  // Gives each output sample to `take`.
  push(input, take) {
    if (this.step === 1) {
      for (let i = 0; i < input.length; i++) take(input[i]);
      return;
    }
    this.line.set(input, this.held);
    this.held += input.length;
    while (this.at + this.half < this.held) {
      take(this.sample());
      this.at += this.step;
    }
    const done = Math.floor(this.at) - this.half;
    this.line.copyWithin(0, done, this.held);
    this.held -= done;
    this.at -= done;
  }

  sample() {
    const base = Math.floor(this.at);
    const place = (this.at - base) * PHASES;
    const phase = Math.floor(place);
    const between = place - phase;
    const first = base - this.half + 1;
    const row = phase * this.taps;
    let sum = 0;
    for (let i = 0; i < this.taps; i++) {
      const weight = this.table[row + i] * (1 - between) + this.table[row + this.taps + i] * between;
      sum += this.line[first + i] * weight;
    }
    return sum;
  }
}

// Row p holds the taps for an output that lies p/PHASES after a sample; one row more for interpolating between rows.
function sincTable(half, cutoff) {
  const taps = 2 * half;
  const table = new Float32Array((PHASES + 1) * taps);
  for (let phase = 0; phase <= PHASES; phase++) {
    let sum = 0;
    for (let i = 0; i < taps; i++) {
      const x = i - half + 1 - phase / PHASES;
      const sinc = x === 0 ? cutoff : Math.sin(Math.PI * cutoff * x) / (Math.PI * x);
      const window = Math.abs(x) >= half ? 0 : 0.5 + 0.5 * Math.cos((Math.PI * x) / half);
      sum += table[phase * taps + i] = sinc * window;
    }
    for (let i = 0; i < taps; i++) table[phase * taps + i] /= sum;
  }
  return table;
}

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate, RATE);
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
    this.level = 0;
    this.take = (sample) => {
      const value = Math.max(-1, Math.min(1, sample));
      this.level = Math.max(this.level, Math.abs(value));
      this.frame[this.filled++] = value < 0 ? value * 32768 : value * 32767;
      if (this.filled < FRAME) return;
      const pcm = this.frame.buffer;
      this.port.postMessage({ pcm, level: this.level }, [pcm]);
      this.frame = new Int16Array(FRAME);
      this.filled = 0;
      this.level = 0;
    };
  }

  process(inputs) {
    const input = inputs[0] && inputs[0][0];
    if (input) this.resampler.push(input, this.take);
    return true;
  }
}

const MS = RATE / 1000;
const LEAST = 40 * MS; // what must have come before an idle line begins to play
const MOST = 240 * MS;
const GROWS = 40 * MS;
const SHRINKS_AFTER = 10 * RATE; // samples played without a gap
const GAP = 0.15; // seconds: a silence up to that was the network, a longer one the end of a sentence
const LATE = 120 * MS; // more than that above the wanted depth is made up for in pauses
const QUIET = 0.003;
const RING = 8 * RATE;

class Playback extends AudioWorkletProcessor {
  constructor() {
    super();
    this.ring = new Float32Array(RING); // 16 kHz
    this.read = 0;
    this.written = 0;
    this.wanted = LEAST;
    this.played = 0;
    this.playing = false;
    this.idle = 0; // seconds since the line fell silent
    this.waited = 0; // seconds since the newest frame came
    this.resampler = new Resampler(RATE, sampleRate);
    this.made = new Float32Array(4096); // at the device's rate, not played yet
    this.ready = 0;
    this.block = new Float32Array(Math.max(1, Math.round(MS)));
    this.fade = 0;
    this.level = 0;
    this.blocks = 0;
    this.keep = (sample) => (this.made[this.ready++] = sample);
    this.port.onmessage = ({ data }) => (data === "clear" ? this.clear() : this.take(new Int16Array(data)));
  }

  take(samples) {
    if (this.written - this.read + samples.length > RING) return; // seconds behind already
    for (let i = 0; i < samples.length; i++) this.ring[this.written++ % RING] = samples[i] / 32768;
    this.waited = 0;
  }

  clear() {
    this.read = this.written;
    this.playing = false;
  }

  process(_, outputs) {
    const out = outputs[0][0];
    const seconds = out.length / sampleRate;
    this.waited += seconds;
    if (!this.playing) this.begin(seconds);
    while (this.ready < out.length) this.make();
    for (let i = 0; i < out.length; i++) {
      // The ramp keeps starts and cuts from clicking.
      this.fade += ((this.playing ? 1 : 0) - this.fade) * 0.02;
      out[i] = this.made[i] * this.fade;
      this.level = Math.max(this.level, Math.abs(out[i]));
    }
    this.made.copyWithin(0, out.length, this.ready);
    this.ready -= out.length;
    if (++this.blocks % 8 === 0) {
      this.port.postMessage(this.level);
      this.level = 0;
    }
    return true;
  }

  begin(seconds) {
    const waiting = this.written - this.read;
    this.idle += seconds;
    // A last frame shorter than the buffer is played when nothing follows it.
    if (waiting < this.wanted && !(waiting > 0 && this.waited > 0.06)) return;
    if (this.played && this.idle < GAP) {
      this.wanted = Math.min(MOST, this.wanted + GROWS);
      this.played = 0;
    }
    this.playing = true;
  }

  // One millisecond more of output.
  make() {
    const waiting = this.written - this.read;
    if (this.playing && waiting < this.block.length) {
      this.playing = false;
      this.idle = 0;
      this.read = this.written;
    }
    this.block.fill(0);
    if (this.playing) {
      let loudest = 0;
      for (let i = 0; i < this.block.length; i++) {
        this.block[i] = this.ring[this.read++ % RING];
        loudest = Math.max(loudest, Math.abs(this.block[i]));
      }
      if (loudest < QUIET && waiting > this.wanted + LATE) return;
      this.played += this.block.length;
      if (this.played > SHRINKS_AFTER) {
        this.wanted = Math.max(LEAST, this.wanted - GROWS);
        this.played = 0;
      }
    }
    this.resampler.push(this.block, this.keep);
  }
}

registerProcessor("parley-capture", Capture);
registerProcessor("parley-playback", Playback);
