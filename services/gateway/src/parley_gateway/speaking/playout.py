"""Playout: the agent's audio on its way to one caller's ear, paced by the clock, known to the word and the millisecond.

Chunks come from the bus in bursts and in any order of sentences; frames of 20 ms go out on an absolute schedule, a few
frames ahead of the ear so that network jitter does not tear the voice. What was *heard* is what the schedule says has
been played, not what was sent. One timer per call and no task; `call.agent_side` owns it and gets its callbacks.
"""

from collections import deque
from collections.abc import Callable
from itertools import islice

from parley.v1 import events_pb2, live_pb2
from parley_audio.formats import FRAME_BYTES, SAMPLE_RATE
from parley_core.conversation import FIRST_NOTICE

from parley_gateway.scheduler import Scheduler, TimerHandle
from parley_gateway.speaking.gain import Gain
from parley_gateway.speaking.playout_callbacks import PlayoutCallbacks
from parley_gateway.speaking.sentence import BYTES_PER_S, EARLY_S, Sentence
from parley_gateway.speaking.unplayed import Unplayed

FRAME_S = 0.02
LEAD_S = 0.06  # how far the frames that are sent may be ahead of the ear
ECHO_S = 1.5  # what was said so long ago may still come back through the caller's microphone
MAX_QUEUED_BYTES = 120 * SAMPLE_RATE * 2  # per call; a speech service that sends more is cut off
_LATEST = 16  # sentences that an echo is looked for in
_MOST_EARLY = 3  # messages behind a missing one before it is given up


class Playout:
    """Feed it with `expect` (sentences), `add` (audio) and `end`; stop it with `cut`."""

    def __init__(
        self,
        scheduler: Scheduler,
        listener: PlayoutCallbacks,
        *,
        lead_s: float = LEAD_S,
        ear_delay: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`ear_delay`: how much later than the schedule says the caller hears, in seconds; asked again and again."""
        self._scheduler = scheduler
        self._listener = listener
        self._lead_s = lead_s
        self._ear_delay = ear_delay
        self._fence = 0  # turns below it are over
        self._held: int | None = None  # this turn and newer ones may not be heard yet
        self._gain = Gain()
        self._ahead = Unplayed()
        self._sentences: dict[tuple[int, int], Sentence] = {}
        self._done: set[tuple[int, int]] = set()
        self._ends: dict[int, tuple[int, int]] = {}  # turn to (sentences, then)
        self._current: Sentence | None = None
        self._unheard: deque[Sentence] = deque()  # sent to the last sample, not heard to the last
        self._play_at = 0.0  # when the next sample that is sent will be heard
        self._timer: TimerHandle | None = None
        self._queued_bytes = 0
        self._speaking = False
        self._halted = False
        self._latest: deque[tuple[float, Sentence]] = deque(maxlen=_LATEST)  # and when each was taken up
        self.dropped = 0  # messages of older turns, older takes, repeated or past the bound

    @property
    def speaking(self) -> bool:
        """Whether something is being heard, or is about to be."""
        return self._speaking

    @property
    def fence(self) -> int:
        return self._fence

    def waits_for_audio(self) -> bool:
        """Whether a sentence was given to the speech service and its audio is not all here."""
        return any(not one.complete and not one.broken for one in self._sentences.values() if one.text)

    def expect(self, say: live_pb2.Say) -> None:
        """Take what the conversation gave to the speech service."""
        sentence = self._sentence(say.turn, say.sentence, say.take)
        if sentence is None or (sentence.text and sentence.text != say.text):
            return  # a worker that was taken for lost goes on with words of its own
        sentence.text = say.text
        sentence.kind = say.kind or events_pb2.SAY_KIND_REPLY
        protects = say.uninterruptible and not sentence.uninterruptible
        sentence.uninterruptible = say.uninterruptible
        if protects and sentence is self._current and sentence.sent_bytes:
            self._listener.sentence_started(sentence)  # its audio was quicker than it

    def end(self, turn: int, sentences: int, then: int) -> None:
        """The reply has this number of sentences and nothing follows."""
        if turn < self._fence:
            return
        self._ends[turn] = (sentences, then)
        self._check_finished(turn)

    def add(self, audio: live_pb2.AudioOut) -> None:
        """Take audio. The first of an idle line goes out before this returns."""
        sentence = self._sentence(audio.turn, audio.sentence, audio.take)
        if sentence is None or sentence.broken or sentence.complete or audio.seq < sentence.next_seq:
            self.dropped += 1
            return
        if sentence.worker is None:
            sentence.worker = audio.worker
        elif sentence.worker != audio.worker:
            self.dropped += 1  # a speech service that was taken for lost speaks the same words
            return
        size = len(audio.pcm)
        if self._queued_bytes + size > MAX_QUEUED_BYTES or size % 2 or audio.seq in sentence.early:
            self.dropped += 1
            return
        self._queued_bytes += size
        if audio.seq > sentence.next_seq:
            sentence.early[audio.seq] = audio  # the one before it may be on its way
            if len(sentence.early) >= _MOST_EARLY or any(one.last for one in sentence.early.values()):
                self._give_up_missing(sentence)
        else:
            self._queued_bytes += sentence.take_in(audio)
            self._join(sentence)
        if self._timer is None or sentence is self._current or self._current is None:
            self._pump(self._scheduler.time())

    def _join(self, sentence: Sentence) -> None:
        while (audio := sentence.early.pop(sentence.next_seq, None)) is not None:
            self._queued_bytes += sentence.take_in(audio)

    def _give_up_missing(self, sentence: Sentence) -> None:
        """Go on without audio that is lost; silence takes its place."""
        sentence.next_seq = min(sentence.early)
        self._join(sentence)

    def hold(self, turn: int) -> None:
        """Take what comes for `turn` and keep it: it is a draft's."""
        self._held = turn

    def release(self) -> None:
        """What is held may be heard: its first audio goes out before this returns."""
        turn, self._held = self._held, None
        if self._timer is None or self._current is None:
            self._pump(self._scheduler.time())
        if turn is not None:
            self._check_finished(turn)

    def drop_held(self) -> None:
        """What is held was never to be heard."""
        if self._held is None:
            return
        for key in [key for key in self._sentences if key[0] >= self._held]:
            self._forget(key)
        self._ends = {number: end for number, end in self._ends.items() if number < self._held}
        self._held = None

    def duck(self, *, down: bool) -> None:
        """Lower the voice at once, or bring it back from the next frame on.

        What is on its way is taken back and sent again, lower; else that much would be heard as loud as before.
        """
        self._gain.aim(down=down)
        now = self._scheduler.time()
        if down and self._play_at > now + EARLY_S and self._listener.take_back(now):
            for heard_at, frame in self._ahead.unheard(now):
                self._listener.send_frame(self._gain.apply(frame), heard_at)

    def halt(self) -> None:
        """Fall silent at once, and keep what was being said."""
        if self._halted or not self._speaking:
            return
        self._halted = True
        self._stop_timer()
        now = self._scheduler.time()
        self._tell_heard(now)
        ear = now - self._ear_delay()
        self._listener.fall_silent(now)
        sent = [*self._unheard, *([self._current] if self._current else [])]
        cut = next((one for one in sent if one.started_at is not None and ear < one.heard_until), None)
        frames = self._ahead.take(ear if cut is None else cut.word_began(ear))
        self._put_back([one for one in frames if any(one[2] is sentence for sentence in sent)])
        self._play_at = now

    def go_on(self) -> None:
        """Say on what was halted, from the beginning of the word that was cut."""
        if self._halted:
            self._halted = False
            self._pump(self._scheduler.time())

    def recent_text(self, since: float) -> str:
        """The agent's words that were in the caller's ear at `since`, a moment before it, or later."""
        since -= ECHO_S
        latest = list(self._latest)
        # A sentence lasts until the next one is taken up.
        begun = [one.text for at, (_, one) in enumerate(latest) if at + 1 == len(latest) or latest[at + 1][0] >= since]
        if not self._speaking and self._play_at < since:
            return ""
        return " ".join(begun)

    def cut(self, turn: int) -> None:
        """Stop at once; nothing of `turn` or older is played any more. What was heard of it is reported first."""
        now = self._scheduler.time()
        delay = self._ear_delay()
        ear = now - delay  # the caller hears now what the schedule had then
        self._fence = max(self._fence, turn + 1)
        # The rest of what was sent is not heard: whoever sent it is told to clear it.
        for sentence in [*self._unheard, *([self._current] if self._current else [])]:
            start = sentence.started_at
            if start is not None and start < ear:
                complete = sentence.whole and not sentence.chunks and ear >= sentence.heard_until - EARLY_S
                end = max(min(ear, sentence.heard_until), start) + delay
                self._listener.sentence_heard(
                    sentence, sentence.heard_text(ear), complete=complete, start=start + delay, end=end
                )
        self._unheard.clear()
        self._current = None
        for key in [key for key in self._sentences if key[0] < self._fence]:
            self._forget(key)
        self._ends = {number: end for number, end in self._ends.items() if number >= self._fence}
        self._done = {key for key in self._done if key[0] >= self._fence}
        self._play_at = min(self._play_at, now)
        self._ahead.clear()
        self._stop_timer()
        self._speaking = self._halted = False
        self._gain.reset()

    def speech_lost(self) -> None:
        """The speech service is gone: what is here is played, then the broken sentence is reported as it was heard and
        a newer take of it is awaited."""
        for sentence in self._sentences.values():
            if not sentence.complete:
                sentence.broken = True
        if self._current is not None or self._sentences:
            self._pump(self._scheduler.time())

    def close(self) -> None:
        self._stop_timer()
        self._sentences.clear()
        self._unheard.clear()
        self._current = None
        self._queued_bytes = 0
        self._speaking = False

    def _sentence(self, turn: int, number: int, take: int) -> Sentence | None:
        """The take that may be played; None for one that is over."""
        key = (turn, number)
        if turn < self._fence or key in self._done:
            return None
        known = self._sentences.get(key)
        if known is None:
            known = self._sentences[key] = Sentence(turn, number, take)
            return known
        if take < known.take or (take > known.take and known.whole):
            return None  # old, or said again although all of it is here
        if take > known.take:
            self._replace(known, take)
            return self._sentences.get(key)
        return known

    def _replace(self, old: Sentence, take: int) -> None:
        """A newer take begins where the old one was broken off."""
        key = (old.turn, old.number)
        old.broken = True
        if old is self._current:
            # The rest of the old take is said again by the new one.
            self._queued_bytes -= old.waiting_bytes()
            old.chunks.clear()
            old.early.clear()
            self._leave_current()
        self._forget(key)
        self._done.discard(key)
        self._sentences[key] = Sentence(old.turn, old.number, take)

    def _next_sentence(self) -> Sentence | None:
        """The one to play after the current: the lowest turn and number, once every lower one of its turn is done."""
        if not self._sentences:
            return None
        turn, number = min(self._sentences)
        if self._held is not None and turn >= self._held:
            return None
        if number < FIRST_NOTICE and any((turn, lower) not in self._done for lower in range(number)):
            return None  # one before it was lost on its way; it will be said again
        return self._sentences[turn, number]

    def _put_back(self, frames: list[tuple[float, memoryview, Sentence]]) -> None:
        """Have frames that were sent sent again, the first of them next."""
        current: Sentence | None = None
        for heard_at, frame, sentence in reversed(frames):
            key = (sentence.turn, sentence.number)
            if self._sentences.get(key, sentence) is not sentence:
                continue  # broken off: the rest of it comes in a newer take
            sentence.put_back(frame, heard_at)
            self._queued_bytes += len(frame)
            self._sentences[key] = current = sentence
            self._done.discard(key)
        if current is not None:
            self._current = current
            self._unheard = deque(one for one in self._unheard if not one.chunks)

    def _pump(self, now: float) -> None:
        """Send every frame that is due and set the timer for the next; the heart of playout."""
        if self._halted:
            return
        self._stop_timer()
        self._tell_heard(now)
        while True:
            sentence = self._current or self._take_next()
            if sentence is None:
                break
            if not sentence.chunks:
                if sentence.early and (sentence.broken or self._play_at <= now + EARLY_S):
                    self._give_up_missing(sentence)
                    continue
                if sentence.complete or sentence.broken:
                    self._leave_current()
                    continue
                break
            if self._play_at < now:
                self._play_at = now  # an idle line, or audio that came late
            if self._play_at - now > self._lead_s + EARLY_S:
                self._timer = self._scheduler.call_at(self._play_at - self._lead_s, self._on_timer)
                return
            if self._play_at > now + EARLY_S and self._in_part(sentence):
                break  # the rest of the frame may come in time
            self._send(sentence, now)
        self._rest(now)

    def _take_next(self) -> Sentence | None:
        sentence = self._next_sentence()
        if sentence is None or not (sentence.chunks or sentence.complete or sentence.broken):
            return None
        self._current = sentence
        self._latest.append((self._scheduler.time(), sentence))
        return sentence

    def _send(self, sentence: Sentence, now: float) -> None:
        chunk = sentence.chunks[0]
        if len(chunk) > FRAME_BYTES:
            frame, sentence.chunks[0] = chunk[:FRAME_BYTES], chunk[FRAME_BYTES:]
        else:
            frame = sentence.chunks.popleft()
            if len(frame) < FRAME_BYTES and sentence.chunks:
                frame = self._fill(sentence, frame)
        at = self._play_at
        self._ahead.sent(frame, at, sentence, now)
        frame = self._gain.apply(frame)
        if sentence.started_at is None:
            sentence.started_at = at
        if not self._speaking:
            self._speaking = True
            self._listener.send_frame(frame, at)
            self._advance(sentence, frame)
            self._listener.voice_started(sentence, now)
            self._listener.sentence_started(sentence)
            return
        first = sentence.sent_bytes == 0
        self._listener.send_frame(frame, at)
        self._advance(sentence, frame)
        if first:
            self._listener.sentence_started(sentence)

    def _in_part(self, sentence: Sentence) -> bool:
        """Whether what is there is less than a frame and more is to come."""
        if sentence.complete or sentence.broken or len(sentence.chunks[0]) >= FRAME_BYTES:
            return False
        return sum(len(chunk) for chunk in islice(sentence.chunks, 64)) < FRAME_BYTES

    def _advance(self, sentence: Sentence, frame: memoryview) -> None:
        self._queued_bytes -= len(frame)
        sentence.sent_bytes += len(frame)
        self._play_at += len(frame) / BYTES_PER_S
        sentence.heard_until = self._play_at

    def _fill(self, sentence: Sentence, frame: memoryview) -> memoryview:
        """Join chunk ends so that frames stay whole inside a sentence."""
        parts = [frame]
        missing = FRAME_BYTES - len(frame)
        while missing and sentence.chunks:
            chunk = sentence.chunks[0]
            if len(chunk) > missing:
                parts.append(chunk[:missing])
                sentence.chunks[0] = chunk[missing:]
                missing = 0
            else:
                parts.append(sentence.chunks.popleft())
                missing -= len(chunk)
        return memoryview(b"".join(parts))

    def _leave_current(self) -> None:
        """Everything of the current sentence was sent; report it when it has been heard."""
        sentence, self._current = self._current, None
        if sentence is None:
            return
        key = (sentence.turn, sentence.number)
        if sentence.complete:
            self._done.add(key)
            self._sentences.pop(key, None)
        elif self._sentences.get(key) is sentence:
            # Broken: later sentences wait until its rest came in a newer take.
            waiting = Sentence(sentence.turn, sentence.number, sentence.take + 1, kind=sentence.kind)
            self._sentences[key] = waiting
        self._unheard.append(sentence)

    def _rest(self, now: float) -> None:
        """Nothing to send: wake up when what was sent has been heard."""
        if self._current is not None and self._current.chunks:
            self._timer = self._scheduler.call_at(self._play_at, self._on_timer)
        elif self._unheard:
            self._timer = self._scheduler.call_at(self._unheard[0].heard_until + self._ear_delay(), self._on_timer)
        elif self._speaking and now < (quiet_at := self._play_at + self._ear_delay()) - EARLY_S:
            self._timer = self._scheduler.call_at(quiet_at, self._on_timer)
        elif self._speaking:
            self._speaking = False
            turn = self._current.turn if self._current else max((key[0] for key in self._done), default=self._fence)
            if not self._check_finished(turn):
                self._listener.starved(turn)

    def _tell_heard(self, now: float) -> None:
        delay = self._ear_delay()
        while self._unheard and self._unheard[0].heard_until + delay <= now + EARLY_S:
            sentence = self._unheard.popleft()
            start = sentence.started_at if sentence.started_at is not None else now
            text = sentence.heard_text(sentence.heard_until) if sentence.started_at is not None else ""
            if sentence.complete or sentence.started_at is not None:
                end = max(sentence.heard_until, start) + delay
                self._listener.sentence_heard(sentence, text, complete=sentence.whole, start=start + delay, end=end)

    def _check_finished(self, turn: int) -> bool:
        if turn not in self._ends or self._speaking or self._unheard:
            return False
        if self._held is not None and turn >= self._held:
            return False
        if any(key[0] == turn for key in self._sentences):
            return False
        sentences, then = self._ends[turn]
        if any((turn, number) not in self._done for number in range(sentences)):
            return False
        del self._ends[turn]
        self._done = {key for key in self._done if key[0] >= turn}
        self._listener.finished(turn, then)
        return True

    def _on_timer(self) -> None:
        self._timer = None
        self._pump(self._scheduler.time())

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _forget(self, key: tuple[int, int]) -> None:
        sentence = self._sentences.pop(key, None)
        if sentence is not None:
            self._queued_bytes -= sentence.waiting_bytes()
