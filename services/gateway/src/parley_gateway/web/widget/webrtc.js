// A line to the gateway over WebRTC: Opus both ways, and the WebSocket's events on a data channel.

const GATHER_MS = 300; // candidates that take longer are sent after the offer
const CONNECT_MS = 6000; // then it is the WebSocket's turn
const SHAKY_MS = 3000; // a connection that is so long "disconnected" is gone

class PeerLine extends Line {
  // `body`: what goes with the offer. `stream`: the microphone.
  constructor(server, ice, body, token, stream, on) {
    super(on);
    this.url = `${server}/v1/webrtc/offer`;
    this.late = []; // candidates that came after the offer was made
    this.peer = new RTCPeerConnection({ iceServers: ice });
    this.opening = setTimeout(() => this.leave(UNREACHED, "media"), CONNECT_MS);
    const track = stream.getAudioTracks()[0];
    this.sender = this.peer.addTrack(track, stream);
    this.channel = this.peer.createDataChannel("parley", { ordered: true });
    this.channel.onopen = () => this.opened();
    this.channel.onmessage = ({ data }) => this.hear(data);
    this.channel.onclose = () => this.end(1005);
    this.peer.ontrack = ({ track, streams }) => this.over || this.on.stream(streams[0] || new MediaStream([track]));
    this.peer.onconnectionstatechange = () => this.changed(this.peer.connectionState);
    this.peer.onicecandidate = ({ candidate }) => candidate && this.found(candidate);
    this.offer(body, token).catch((error) => {
      if (this.over) return;
      if (!(error instanceof Problem)) console.error("parley-call:", error);
      if (error.refused) this.on.event({ type: "refused", ...error.refused });
      this.leave(error.refused ? 1008 : UNREACHED, "http");
    });
  }

  async offer(body, token) {
    await this.peer.setLocalDescription();
    await gathered(this.peer);
    this.sent = new Set(this.peer.localDescription.sdp.match(/(?<=a=)candidate:.*/g));
    const answer = await fetchJson(this.url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ sdp: this.peer.localDescription.sdp, type: "offer", ...body }),
    });
    if (this.over) return;
    this.id = answer.pc_id;
    await this.peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    for (const candidate of this.late.splice(0)) this.found(candidate);
  }

  found(candidate) {
    if (!this.id) {
      this.late.push(candidate);
      return;
    }
    if (this.over || this.sent.has(candidate.candidate)) return;
    const told = {
      candidate: candidate.candidate,
      sdp_mid: candidate.sdpMid,
      sdp_mline_index: candidate.sdpMLineIndex,
    };
    fetchJson(this.url, {
      method: "PATCH",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ pc_id: this.id, candidates: [told] }),
    }).catch(() => {}); // another candidate may do
  }

  changed(state) {
    clearTimeout(this.shaky);
    if (state === "connected") clearTimeout(this.opening);
    if (state === "failed") this.leave(this.pinging ? 1006 : UNREACHED, "media");
    if (state === "disconnected") this.shaky = setTimeout(() => this.leave(), SHAKY_MS);
  }

  send(message) {
    if (this.channel.readyState === "open") this.channel.send(JSON.stringify(message));
  }

  // The peer sends the microphone by itself.
  sendAudio() {}

  replaceMicrophone(stream) {
    this.sender.replaceTrack(stream.getAudioTracks()[0]).catch(() => {});
  }

  drop(code) {
    clearTimeout(this.shaky);
    if (code === LEFT_OFF) this.peer.close();
    // The last message, a hang-up, is still on its way.
    else setTimeout(() => this.peer.close(), 500);
  }
}

function gathered(peer) {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    setTimeout(resolve, GATHER_MS);
    peer.addEventListener("icegatheringstatechange", () => peer.iceGatheringState === "complete" && resolve());
  });
}
