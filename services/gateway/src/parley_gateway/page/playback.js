// The loudspeaker's worklet: 16 kHz PCM16 frames behind a small jitter buffer, at whatever rate the device runs.

const RATE = 16000;
const START = 0.04 * RATE; // what must have come before an idle line begins to play
const LONGEST = 5 * RATE;

class Playback extends AudioWorkletProcessor {
  constructor() {
    super();
    this.ring = new Float32Array(LONGEST);
    this.read = 0; // in samples at 16 kHz, fractional
    this.written = 0;
    this.playing = false;
    this.idleFor = 0;
    this.gain = 0;
    this.level = 0;
    this.blocks = 0;
    this.step = RATE / sampleRate;
    this.port.onmessage = (event) => (event.data === "clear" ? this.clear() : this.take(event.data));
  }

  take(pcm) {
    const samples = new Int16Array(pcm);
    if (this.written - this.read + samples.length > LONGEST) return;
    for (let i = 0; i < samples.length; i++) this.ring[this.written++ % LONGEST] = samples[i] / 32768;
    this.idleFor = 0;
  }

  clear() {
    this.read = this.written;
    this.playing = false;
  }

  process(_, outputs) {
    const out = outputs[0][0];
    if (!this.playing) {
      const waiting = this.written - this.read;
      this.idleFor += out.length / sampleRate;
      // A last frame shorter than the buffer is played when nothing follows it.
      this.playing = waiting >= START || (waiting > 0 && this.idleFor > 0.06);
    }
    for (let i = 0; i < out.length; i++) {
      if (this.playing && this.read + 1 >= this.written) {
        this.playing = false;
        this.read = this.written;
      }
      // A short ramp on both ends keeps starts and cuts from clicking.
      this.gain += ((this.playing ? 1 : 0) - this.gain) * 0.02;
      if (!this.playing) {
        out[i] = 0;
        continue;
      }
      const base = Math.floor(this.read);
      const between = this.read - base;
      const value = this.ring[base % LONGEST] * (1 - between) + this.ring[(base + 1) % LONGEST] * between;
      out[i] = value * this.gain;
      this.level = Math.max(this.level, Math.abs(out[i]));
      this.read += this.step;
    }
    if (++this.blocks % 8 === 0) {
      this.port.postMessage(this.level);
      this.level = 0;
    }
    return true;
  }
}

registerProcessor("playback", Playback);
