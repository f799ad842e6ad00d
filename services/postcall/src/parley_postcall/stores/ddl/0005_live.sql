-- Rows while calls run: the live feed writes what the log says so far, the workflow after the call what only it knows.
-- Refused callers have a row in `calls`, sentences a table of their own, every column a comment. The views show each row
-- once, without FINAL; they ask with the rights of the user who reads them.

ALTER TABLE parley.calls
    ADD COLUMN IF NOT EXISTS refusal LowCardinality(String) COMMENT 'why the caller was turned away: busy, tenant_limit, nobody_free, …; empty: they were not' AFTER end_reason,
    ADD COLUMN IF NOT EXISTS fault_owner LowCardinality(String) COMMENT 'whose doing the end or the refusal was: caller, callee, carrier, business, platform; empty: the call runs' AFTER refusal,
    ADD COLUMN IF NOT EXISTS consent LowCardinality(String) COMMENT 'to be recorded: given, refused; empty: not asked' AFTER fault_owner,
    ADD COLUMN IF NOT EXISTS silence_prompts UInt32 COMMENT 'times the agent asked whether the caller was still there' AFTER workers_lost,
    ADD COLUMN IF NOT EXISTS flows Array(LowCardinality(String)) COMMENT 'flows of the agent document that the call went through, in their order' AFTER silence_prompts;

ALTER TABLE parley.turns
    ADD COLUMN IF NOT EXISTS asr_ms Nullable(UInt32) COMMENT 'end of speech at the recogniser to its final text, of the slowest utterance' AFTER speech_end_ms,
    ADD COLUMN IF NOT EXISTS asr_confidence Nullable(Float32) COMMENT '0 to 1, of the least sure utterance' AFTER asr_ms,
    ADD COLUMN IF NOT EXISTS failed_action LowCardinality(String) COMMENT 'what was done about it: apologised, retried, handed_off, fallback, degraded' AFTER failed_stage,
    ADD COLUMN IF NOT EXISTS first_token_ms Nullable(UInt32) COMMENT 'turn at the conversation to the first token of the model' AFTER output_tokens,
    ADD COLUMN IF NOT EXISTS reply_ms Nullable(UInt32) COMMENT 'turn at the conversation to the last token of the model' AFTER first_token_ms,
    ADD COLUMN IF NOT EXISTS searches UInt16 COMMENT 'searches of the knowledge; with none in citations, the question had no answer' AFTER reply_ms,
    ADD COLUMN IF NOT EXISTS flow LowCardinality(String) COMMENT 'flow of the agent document that the turn was in; empty: none' AFTER searches,
    ADD COLUMN IF NOT EXISTS guardrails Array(LowCardinality(String)) COMMENT 'guardrails tripped, as side: rule' AFTER flow;

ALTER TABLE parley.calls
    COMMENT COLUMN tenant 'whose call',
    COMMENT COLUMN call 'id; ids grow with time',
    COMMENT COLUMN agent 'name of the agent document',
    COMMENT COLUMN agent_version 'version of the agent document',
    COMMENT COLUMN language 'BCP 47: what the call ended in, or is in',
    COMMENT COLUMN started_at 'when the call started; of a refused caller, when they were turned away',
    COMMENT COLUMN ended_at 'when the call ended; of a running call, its newest event',
    COMMENT COLUMN duration_ms 'length of the call; 0 while it runs',
    COMMENT COLUMN end_reason 'caller_hung_up, agent_hung_up, time_limit, silence, …; empty: it runs, or was refused',
    COMMENT COLUMN interruptions 'replies that the caller cut off',
    COMMENT COLUMN tools_called 'tool calls that the agent made',
    COMMENT COLUMN turns_failed 'faults while turns were answered',
    COMMENT COLUMN handed_off 'a person was asked for',
    COMMENT COLUMN summary 'what the call was about',
    COMMENT COLUMN action_items 'what is left to do',
    COMMENT COLUMN crm_note 'id of the note in the CRM',
    COMMENT COLUMN per_minute_micros 'cost of a minute; NULL: not rated',
    COMMENT COLUMN currency 'ISO 4217, of the costs',
    COMMENT COLUMN written_at 'version of the row: the newest replaces the others';

ALTER TABLE parley.turns
    COMMENT COLUMN tenant 'whose call',
    COMMENT COLUMN call 'id of the call',
    COMMENT COLUMN agent 'name of the agent document',
    COMMENT COLUMN committed_at 'when the turn of the caller was over; NULL: not yet, or the agent spoke first',
    COMMENT COLUMN caller_text 'the words of the caller',
    COMMENT COLUMN speech_start_ms 'the first sound of the caller',
    COMMENT COLUMN reply_end_ms 'the last sound of the agent',
    COMMENT COLUMN sentences 'sentences of the reply',
    COMMENT COLUMN interrupted 'the caller cut the reply off',
    COMMENT COLUMN provider 'of the model that replied',
    COMMENT COLUMN model 'that replied',
    COMMENT COLUMN finish 'stop, length, cancelled, error',
    COMMENT COLUMN input_tokens 'tokens that the model read',
    COMMENT COLUMN output_tokens 'tokens that the model wrote',
    COMMENT COLUMN tools 'names of the tools that were called',
    COMMENT COLUMN drafted 'the reply was prepared inside the pause',
    COMMENT COLUMN pause_us 'waiting to be sure that the caller had finished',
    COMMENT COLUMN final_text_us 'waiting for the final text, beyond the pause',
    COMMENT COLUMN model_us 'to the first token, tools and knowledge included',
    COMMENT COLUMN sentence_us 'first token to first sentence',
    COMMENT COLUMN speech_us 'sentence to first audio',
    COMMENT COLUMN bus_us 'hops between services',
    COMMENT COLUMN playout_us 'audio at the gateway to the first frame sent',
    COMMENT COLUMN written_at 'version of the row: the newest replaces the others';

ALTER TABLE parley.events
    COMMENT COLUMN tenant 'whose call',
    COMMENT COLUMN call 'id of the call',
    COMMENT COLUMN happened_at 'when it happened',
    COMMENT COLUMN turn 'the turn that it belongs to; NULL: to none',
    COMMENT COLUMN written_at 'version of the row: the newest replaces the others';

ALTER TABLE parley.usage
    COMMENT COLUMN tenant 'whose call',
    COMMENT COLUMN call 'id of the call',
    COMMENT COLUMN measured_at 'when it was measured',
    COMMENT COLUMN agent 'name of the agent document',
    COMMENT COLUMN provider 'who did the work',
    COMMENT COLUMN model 'that did the work',
    COMMENT COLUMN turn 'that it was done for',
    COMMENT COLUMN written_at 'version of the row: the newest replaces the others';

ALTER TABLE parley.tool_calls
    COMMENT COLUMN tenant 'whose call',
    COMMENT COLUMN call 'id of the call',
    COMMENT COLUMN tool_call 'id of the tool call',
    COMMENT COLUMN turn 'that it was made in',
    COMMENT COLUMN agent 'name of the agent document',
    COMMENT COLUMN tool 'name of the tool',
    COMMENT COLUMN called_at 'when it was called',
    COMMENT COLUMN error 'why it failed',
    COMMENT COLUMN took_ms 'from call to result',
    COMMENT COLUMN attempts 'attempts that were made',
    COMMENT COLUMN side_effects 'the tool changes something outside',
    COMMENT COLUMN idempotency_key 'under which the effect happens once',
    COMMENT COLUMN written_at 'version of the row: the newest replaces the others';

ALTER TABLE parley.schema_versions
    COMMENT COLUMN version 'number of the file',
    COMMENT COLUMN name 'name of the file',
    COMMENT COLUMN digest 'SHA-256 of its text',
    COMMENT COLUMN applied_at 'when it was applied';

CREATE TABLE IF NOT EXISTS parley.sentences
(
    tenant     LowCardinality(String) COMMENT 'whose call',
    call       String COMMENT 'id of the call',
    turn       UInt32 COMMENT 'that it was said in',
    sentence   UInt32 COMMENT 'number in the turn; from 900 on they are notices of the platform',
    agent      LowCardinality(String) COMMENT 'name of the agent document',
    started_at DateTime64(6, 'UTC') COMMENT 'when the call started',
    kind       LowCardinality(String) COMMENT 'reply, filler, prompt, notice',
    language   LowCardinality(String) COMMENT 'BCP 47; empty: that of the call',
    planned    String COMMENT 'the words that the agent set out to say' CODEC(ZSTD(3)),
    heard      String COMMENT 'the words that the caller heard' CODEC(ZSTD(3)),
    complete   Bool COMMENT 'it was heard to its end',
    start_ms   Nullable(UInt32) COMMENT 'its first sound; NULL: it was not heard',
    end_ms     Nullable(UInt32) COMMENT 'its last sound',
    sources    Array(String) COMMENT 'source#chunk of the knowledge that the turn had',
    written_at DateTime64(6, 'UTC') COMMENT 'version of the row: the newest replaces the others',
    INDEX by_time started_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(written_at)
PARTITION BY toYYYYMM(started_at)
ORDER BY (tenant, call, turn, sentence)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS parley.v_calls SQL SECURITY INVOKER AS SELECT * FROM parley.calls FINAL;

CREATE VIEW IF NOT EXISTS parley.v_turns SQL SECURITY INVOKER AS SELECT * FROM parley.turns FINAL;

CREATE VIEW IF NOT EXISTS parley.v_sentences SQL SECURITY INVOKER AS SELECT * FROM parley.sentences FINAL;

CREATE VIEW IF NOT EXISTS parley.v_events SQL SECURITY INVOKER AS SELECT * FROM parley.events FINAL;

CREATE VIEW IF NOT EXISTS parley.v_usage SQL SECURITY INVOKER AS SELECT * FROM parley.usage FINAL;

CREATE VIEW IF NOT EXISTS parley.v_tool_calls SQL SECURITY INVOKER AS SELECT * FROM parley.tool_calls FINAL;

CREATE VIEW IF NOT EXISTS parley.live_calls SQL SECURITY INVOKER AS
SELECT * FROM parley.calls FINAL WHERE end_reason = '' AND refusal = '';

CREATE VIEW IF NOT EXISTS parley.costs SQL SECURITY INVOKER AS
SELECT tenant, call, agent, started_at, meter, micros, currency
FROM parley.calls FINAL
ARRAY JOIN mapKeys(cost_by_meter) AS meter, mapValues(cost_by_meter) AS micros;
