// The microphone's worklet: whatever rate the device runs at becomes 16 kHz PCM16 in frames of 20 ms.

const RATE = 16000;
const FRAME = 320;
const TAPS = 32;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = sampleRate / RATE;
    this.kernel = lowPass(Math.min(0.5, 0.45 / this.step), TAPS);
    this.history = new Float32Array(TAPS);
    this.at = 0; // position of the next output sample, in input samples from the history's end
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
    this.level = 0;
  }

  process(inputs) {
    const input = inputs[0] && inputs[0][0];
    if (!input) return true;
    for (let i = 0; i < input.length; i++) this.level = Math.max(this.level, Math.abs(input[i]));
    const samples = this.step === 1 ? input : this.convert(input);
    for (let i = 0; i < samples.length; i++) {
      const value = Math.max(-1, Math.min(1, samples[i]));
      this.frame[this.filled++] = value < 0 ? value * 32768 : value * 32767;
      if (this.filled === FRAME) {
        const pcm = this.frame.buffer;
        this.port.postMessage({ pcm, level: this.level }, [pcm]);
        this.frame = new Int16Array(FRAME);
        this.filled = 0;
        this.level = 0;
      }
    }
    return true;
  }

  convert(input) {
    const line = new Float32Array(TAPS + input.length);
    line.set(this.history);
    line.set(input, TAPS);
    const made = [];
    while (this.at < input.length) {
      const base = Math.floor(this.at);
      const between = this.at - base;
      made.push(this.tap(line, base) * (1 - between) + this.tap(line, base + 1) * between);
      this.at += this.step;
    }
    this.at -= input.length;
    this.history.set(line.subarray(line.length - TAPS));
    return made;
  }

  tap(line, end) {
    let sum = 0;
    for (let i = 0; i < TAPS; i++) sum += line[end + i] * this.kernel[i];
    return sum;
  }
}

function lowPass(cutoff, taps) {
  const kernel = new Float32Array(taps);
  const middle = (taps - 1) / 2;
  let sum = 0;
  for (let i = 0; i < taps; i++) {
    const x = i - middle;
    const sinc = x === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * x) / (Math.PI * x);
    kernel[i] = sinc * (0.54 - 0.46 * Math.cos((2 * Math.PI * i) / (taps - 1)));
    sum += kernel[i];
  }
  return kernel.map((value) => value / sum);
}

registerProcessor("capture", Capture);
