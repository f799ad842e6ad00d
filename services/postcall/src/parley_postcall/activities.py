"""The parts of the work after a call, as Temporal activities: decode, ask, store. Called by `workflow` by their names.

Each may be run again at any point: what it stores is found again by the call's own ids.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from google.protobuf import json_format
from parley.v1 import events_pb2, llm_pb2
from parley_core import clock
from parley_core.agents import Postcall
from parley_core.conversation import Conversation, fold
from parley_core.errors import BadInput, NotFound
from temporalio import activity

from parley_postcall import messages, rows, transcript
from parley_postcall.crm import note_of, region_of
from parley_postcall.messages import (
    CallRef,
    CostRated,
    FinishedAppended,
    NoteWritten,
    Outcome,
    RowsWritten,
    Stored,
)
from parley_postcall.outcomes import tools_of
from parley_postcall.ports import Agents, Billing, Crm, Logs, ObjectStore, Summaries, Warehouse


@dataclass(frozen=True, slots=True)
class Activities:
    logs: Logs
    agents: Agents
    objects: ObjectStore
    summaries: Summaries
    billing: Billing
    crm: Crm
    warehouse: Warehouse

    def all(self) -> Sequence[Callable[..., object]]:
        """What the worker serves."""
        return [
            self.store_transcript,
            self.store_summary,
            self.write_note,
            self.rate_call,
            self.complete_note,
            self.write_rows,
            self.append_finished,
        ]

    @activity.defn(name=messages.STORE_TRANSCRIPT)
    async def store_transcript(self, call: CallRef) -> Stored:
        made = transcript.make(call.tenant, call.call, await self.logs.read(call.tenant, call.call))
        await self.objects.put(transcript_path(call, "txt"), made.to_text().encode())
        await self.objects.put(transcript_path(call, "json"), made.to_json())
        return Stored(transcript_path(call, "json"))

    @activity.defn(name=messages.STORE_SUMMARY)
    async def store_summary(self, call: CallRef) -> Stored:
        path = transcript_path(call, "summary.json")
        if not await self.objects.exists(path):  # one that is there was paid for and is the call's summary
            log = await self.logs.read(call.tenant, call.call)
            if not (await self._wanted(call, fold(log))).summary:
                return Stored("")
            summary = await self.summaries.summarise(summary_request(call, log))
            content = json_format.MessageToJson(summary, preserving_proto_field_name=True)
            await self.objects.put(path, content.encode())
        return Stored(path)

    @activity.defn(name=messages.WRITE_NOTE)
    async def write_note(self, call: CallRef) -> NoteWritten:
        conversation = fold(await self.logs.read(call.tenant, call.call))
        wanted = await self._wanted(call, conversation)
        if not wanted.crm:
            return NoteWritten("")
        return NoteWritten(await self.crm.write(note_of(call.tenant, call.call, conversation, wanted.region)))

    @activity.defn(name=messages.RATE_CALL)
    async def rate_call(self, call: CallRef) -> CostRated:
        rated = await self.billing.rate(call.tenant, call.call)
        by_meter: dict[str, int] = {}
        for line in rated.lines:
            by_meter[line.meter] = by_meter.get(line.meter, 0) + line.cost_micros
        return CostRated(rated.total_micros, rated.per_minute_micros, rated.currency, by_meter)

    @activity.defn(name=messages.COMPLETE_NOTE)
    async def complete_note(self, outcome: Outcome) -> NoteWritten:
        await self.crm.complete(
            outcome.call.tenant,
            outcome.note,
            transcript_path=outcome.transcript_path,
            summary=await self._summary(outcome),
        )
        return NoteWritten(outcome.note)

    @activity.defn(name=messages.WRITE_ROWS)
    async def write_rows(self, outcome: Outcome) -> RowsWritten:
        log = await self.logs.read(outcome.call.tenant, outcome.call.call)
        events = rows.distinct(event for event in log if event.WhichOneof("body") != "postcall_finished")
        newest_us = max(event.time_us for event in events)
        written_us = max(clock.current().time_us(), newest_us + 1)
        tables = rows.tables_of(outcome, events, await self._summary(outcome), written_us=written_us)
        fed = await self.warehouse.events_of(outcome.call.tenant, outcome.call.call) >= len(events)
        # What the feed wrote while the call ran hides numbers that were not known yet; the events hide them for good.
        left = [table for table in tables if not fed or table.name not in (rows.EVENTS, rows.USAGE)]
        await self.warehouse.write(left)
        return RowsWritten({table.name: len(table.rows) for table in tables})

    @activity.defn(name=messages.APPEND_FINISHED)
    async def append_finished(self, outcome: Outcome) -> FinishedAppended:
        summary = await self._summary(outcome) or llm_pb2.SummariseResponse()
        cost = outcome.cost
        body = events_pb2.PostcallFinished(
            summary=summary.summary,
            action_items=summary.action_items,
            sentiment=summary.sentiment,
            crm_note=outcome.note,
            cost_micros=cost.total_micros if cost else 0,
            currency=cost.currency if cost else "",
            transcript_path=outcome.transcript_path,
            degraded=bool(outcome.problems),
            problems=outcome.problems,
        )
        call = outcome.call
        return FinishedAppended(await self.logs.append_once(call.tenant, call.call, body, call.traceparent))

    async def _wanted(self, call: CallRef, conversation: Conversation) -> Postcall:
        """What the agent document asks for after a call; everything, where the document is gone."""
        session = conversation.session
        if session is None:
            return Postcall()
        try:
            agent = await self.agents.get(call.tenant, session.agent, session.agent_version)
        except (NotFound, BadInput):
            return Postcall()
        return agent.postcall.model_copy(update={"region": agent.postcall.region or region_of(agent.language)})

    async def _summary(self, outcome: Outcome) -> llm_pb2.SummariseResponse | None:
        if not outcome.summary_path:
            return None
        content = await self.objects.get(outcome.summary_path)
        return json_format.Parse(content, llm_pb2.SummariseResponse(), ignore_unknown_fields=True)


def transcript_path(call: CallRef, ending: str) -> str:
    """Where the call's transcript ("json", "txt") and summary ("summary.json") are in the object store."""
    return f"transcripts/{call.tenant}/{call.call}.{ending}"


def summary_request(call: CallRef, log: Sequence[events_pb2.Event]) -> llm_pb2.SummariseRequest:
    """What the llm service is asked: the words that were really heard, and what the tools did."""
    made = transcript.make(call.tenant, call.call, log)
    return llm_pb2.SummariseRequest(
        tenant=call.tenant,
        call=call.call,
        agent=made.agent,
        agent_version=made.agent_version,
        lines=[
            llm_pb2.TranscriptLine(speaker=line.speaker, text=line.text, start_ms=line.start_ms) for line in made.lines
        ],
        outcomes=[
            llm_pb2.ToolOutcome(
                tool=use.tool, arguments_json=use.arguments_json, status=use.status, result_json=use.result_json
            )
            for use in tools_of(fold(log))
        ],
        end_reason=made.end_reason,
        languages=made.languages,
    )
