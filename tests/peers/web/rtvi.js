// Pipecat's client in a page of the tests' own: what it is told is kept in window.told, and answered as a site would.
import { PipecatClient, RTVIEvent } from "@pipecat-ai/client-js";
import { SmallWebRTCTransport, WavMediaManager as WebRtcMedia } from "@pipecat-ai/small-webrtc-transport";
import { ProtobufFrameSerializer, WavMediaManager, WebSocketTransport } from "@pipecat-ai/websocket-transport";

window.told = [];

window.connect = async (transport, { wsUrl, endpoint, token }) => {
  const client = new PipecatClient({
    transport:
      transport === "websocket"
        ? new WebSocketTransport({
            serializer: new ProtobufFrameSerializer(),
            mediaManager: new WavMediaManager(1024, 16000),
            recorderSampleRate: 16000,
            playerSampleRate: 24000,
          })
        : new SmallWebRTCTransport({ mediaManager: new WebRtcMedia() }),
    enableMic: true,
    enableCam: false,
  });
  window.client = client;
  for (const event of Object.values(RTVIEvent)) {
    if (!event.endsWith("AudioLevel")) client.on(event, (data) => window.told.push([event, plain(data)]));
  }
  client.registerFunctionCallHandler("dark_mode", async ({ arguments: given }) => ({ say: `It is ${given.how}.` }));
  const headers = new Headers({ Authorization: `Bearer ${token}` });
  return plain(
    await client.connect(transport === "websocket" ? { wsUrl } : { webrtcRequestParams: { endpoint, headers } }),
  );
};

function plain(data) {
  try {
    return JSON.parse(JSON.stringify(data ?? null));
  } catch {
    return null;
  }
}
