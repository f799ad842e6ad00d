// The microphone and the loudspeaker of one call.

class Problem extends Error {
  // `name`: which text tells the caller. `detail`: the service's own words, where there is no such text.
  constructor(name, detail = "") {
    super(name);
    this.name = name;
    this.detail = detail;
  }
}

const MICROPHONE = {
  audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
};

class Sound {
  // `on.frame(pcm)` takes 20 ms of PCM16 at 16 kHz, `on.level(you, agent)` levels from 0 to 1, `on.lost()` is told
  // when the microphone is gone for good. Make it inside the click: Safari lets audio begin only there.
  constructor(on) {
    if (!window.AudioContext || !window.AudioWorkletNode) throw new Problem("browser");
    this.on = on;
    this.isMuted = false;
    this.closed = false;
    this.yours = 0;
    this.context = newContext(16000);
    this.context.resume().catch(() => {});
  }

  // Raises a Problem when there is no microphone to be had.
  async open(server) {
    this.stream = await openMicrophone();
    if (this.closed) return this.close();
    try {
      this.source = this.context.createMediaStreamSource(this.stream);
    } catch {
      // Firefox joins a microphone only to a context of the device's own rate; the worklet converts.
      this.context.close();
      this.context = newContext();
      this.context.resume().catch(() => {});
      this.source = this.context.createMediaStreamSource(this.stream);
    }
    await addWorklet(this.context, `${server}/widget/worklet.js`);
    if (this.closed) return this.close();
    this.capture = new AudioWorkletNode(this.context, "parley-capture", { numberOfOutputs: 0 });
    this.playback = new AudioWorkletNode(this.context, "parley-playback", {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    this.capture.port.onmessage = ({ data }) => {
      this.yours = data.level;
      if (!this.closed) this.on.frame(data.pcm);
    };
    this.playback.port.onmessage = ({ data }) => {
      if (!this.closed) this.on.level(this.isMuted ? 0 : this.yours, Math.max(data, this.remoteLevel()));
    };
    this.source.connect(this.capture);
    this.playback.connect(this.context.destination);
    this.watch();
    // A telephone call or another tab may have taken the audio away; it comes back with the page.
    this.wake = () => document.hidden || this.closed || this.context.resume().catch(() => {});
    this.context.onstatechange = this.wake;
    document.addEventListener("visibilitychange", this.wake);
  }

  // Devices come and go. What is left is used; with nothing left, the call goes on without a microphone.
  watch() {
    for (const track of this.stream.getAudioTracks()) {
      track.enabled = !this.isMuted;
      track.onended = async () => {
        if (this.closed) return;
        try {
          const stream = await openMicrophone();
          if (this.closed) return stopTracks(stream);
          this.source.disconnect();
          this.stream = stream;
          this.source = this.context.createMediaStreamSource(stream);
          this.source.connect(this.capture);
          this.watch();
          if (this.on.stream) this.on.stream(stream);
        } catch {
          if (!this.closed) this.on.lost();
        }
      };
    }
  }

  play(pcm) {
    this.playback.port.postMessage(pcm, [pcm]);
  }

  clear() {
    if (this.playback) this.playback.port.postMessage("clear");
  }

  get muted() {
    return this.isMuted;
  }

  // A muted microphone gives silence, which still shows the service that somebody is there.
  set muted(muted) {
    this.isMuted = muted;
    if (this.stream) for (const track of this.stream.getAudioTracks()) track.enabled = !muted;
  }

  // WebRTC brings the agent as a stream of its own. An element plays it: echo cancellation knows those best.
  playStream(stream) {
    this.stopStream();
    this.remote = new Audio();
    this.remote.srcObject = stream;
    this.remote.play().catch(() => {});
    this.meter = this.context.createAnalyser();
    this.meter.fftSize = 512;
    this.heard = new Float32Array(this.meter.fftSize);
    this.context.createMediaStreamSource(stream).connect(this.meter);
  }

  stopStream() {
    if (this.remote) this.remote.srcObject = null;
    this.remote = this.meter = null;
  }

  remoteLevel() {
    if (!this.meter) return 0;
    this.meter.getFloatTimeDomainData(this.heard);
    return this.heard.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  }

  close() {
    this.closed = true;
    if (this.wake) document.removeEventListener("visibilitychange", this.wake);
    this.stopStream();
    if (this.stream) stopTracks(this.stream);
    if (this.context.state !== "closed") this.context.close().catch(() => {});
  }
}

function newContext(sampleRate) {
  try {
    return new AudioContext(sampleRate ? { latencyHint: "interactive", sampleRate } : { latencyHint: "interactive" });
  } catch {
    if (sampleRate) return newContext();
    throw new Problem("browser");
  }
}

async function openMicrophone() {
  if (!navigator.mediaDevices) throw new Problem(window.isSecureContext ? "browser" : "insecure");
  try {
    return await navigator.mediaDevices.getUserMedia(MICROPHONE);
  } catch (error) {
    const names = { NotAllowedError: "blocked", SecurityError: "blocked", NotFoundError: "missing" };
    throw new Problem(`microphone-${names[error.name] || "busy"}`);
  }
}

// From the service; where the page's policy forbids that but allows blobs, as a blob.
async function addWorklet(context, url) {
  try {
    await context.audioWorklet.addModule(url);
  } catch {
    let blob;
    try {
      const answer = await fetch(url);
      if (!answer.ok) throw new Problem("network");
      blob = URL.createObjectURL(new Blob([await answer.text()], { type: "text/javascript" }));
      await context.audioWorklet.addModule(blob);
    } catch (error) {
      console.error("parley-call: the page's policy or the network keeps out", url, error);
      throw new Problem("network");
    } finally {
      if (blob) URL.revokeObjectURL(blob);
    }
  }
}

function stopTracks(stream) {
  for (const track of stream.getTracks()) {
    track.onended = null;
    track.stop();
  }
}
