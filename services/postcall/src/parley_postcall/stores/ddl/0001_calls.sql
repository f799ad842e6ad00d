-- The analysts' tables. Tenant first in every ordering key: each query names its tenant and reads only that part.
-- Each row is written by its key and replaced by a later write of the same key, so a repeated insert is one row
-- under FINAL. Times are UTC with microseconds; money is integer micro-units of `currency`; `*_ms` positions count
-- from the call's start.

CREATE TABLE IF NOT EXISTS parley.calls
(
    tenant            LowCardinality(String),
    call              String,
    agent             LowCardinality(String),
    agent_version     UInt32,
    channel           LowCardinality(String) COMMENT 'websocket, webrtc, twilio, …',
    language          LowCardinality(String),
    user              String COMMENT 'the caller as the door knew them; may be empty',
    started_at        DateTime64(6, 'UTC'),
    ended_at          DateTime64(6, 'UTC'),
    duration_ms       UInt32,
    end_reason        LowCardinality(String) COMMENT 'caller_hung_up, agent_hung_up, time_limit, silence, …',
    turns             UInt32 COMMENT 'turns that the caller committed',
    interruptions     UInt32,
    tools_called      UInt32,
    tools_failed      UInt32 COMMENT 'returned with any status but ok, or never returned',
    turns_failed      UInt32,
    guardrails        UInt32 COMMENT 'guardrails tripped',
    workers_lost      UInt32 COMMENT 'workers replaced in the middle of the call',
    handed_off        Bool,
    booked            Bool COMMENT 'an appointment was booked',
    summary           String CODEC(ZSTD(3)),
    action_items      Array(String),
    sentiment         LowCardinality(String) COMMENT 'positive, neutral, negative; empty: not known',
    sentiment_score   Nullable(Float32) COMMENT '-1 to 1',
    crm_note          String,
    cost_micros       Nullable(Int64) COMMENT 'NULL: not rated',
    per_minute_micros Nullable(Int64),
    currency          LowCardinality(String),
    cost_by_meter     Map(LowCardinality(String), Int64) COMMENT 'micro-units per meter',
    attributes        Map(String, String) COMMENT 'what the door was given about the call',
    transcript_path   String COMMENT 'in the object store',
    recording_path    String COMMENT 'in the object store',
    degraded          Bool COMMENT 'a part of the work after the call could not be done',
    problems          Array(String) COMMENT 'part: reason',
    written_at        DateTime64(6, 'UTC'),
    INDEX by_time started_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(written_at)
PARTITION BY toYYYYMM(started_at)
ORDER BY (tenant, call)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS parley.turns
(
    tenant           LowCardinality(String),
    call             String,
    turn             UInt32 COMMENT '0: the greeting',
    agent            LowCardinality(String),
    started_at       DateTime64(6, 'UTC') COMMENT 'when the call started',
    committed_at     Nullable(DateTime64(6, 'UTC')),
    commit_reason    LowCardinality(String) COMMENT 'pause, complete, limit, digits, typed',
    caller_text      String CODEC(ZSTD(3)),
    agent_text       String CODEC(ZSTD(3)) COMMENT 'the words that the caller heard',
    agent_planned    String CODEC(ZSTD(3)) COMMENT 'the words that the agent set out to say',
    speech_start_ms  UInt32,
    speech_end_ms    UInt32 COMMENT 'the last sound of the caller',
    reply_start_ms   Nullable(UInt32) COMMENT 'the first sound of the agent',
    reply_end_ms     Nullable(UInt32),
    sentences        UInt16,
    interrupted      Bool,
    failed_stage     LowCardinality(String) COMMENT 'asr, llm, tts, tools, rag; empty: none',
    provider         LowCardinality(String),
    model            LowCardinality(String),
    finish           LowCardinality(String),
    input_tokens     UInt32,
    output_tokens    UInt32,
    citations        Array(String) COMMENT 'source#section of what the knowledge search gave',
    tools            Array(LowCardinality(String)),
    drafted          Nullable(Bool),
    total_us         Nullable(UInt64) COMMENT 'last sound of the caller to first of the agent; the parts below add up to it',
    pause_us         Nullable(UInt64),
    final_text_us    Nullable(UInt64),
    model_us         Nullable(UInt64),
    sentence_us      Nullable(UInt64),
    speech_us        Nullable(UInt64),
    bus_us           Nullable(UInt64),
    playout_us       Nullable(UInt64),
    written_at       DateTime64(6, 'UTC'),
    INDEX by_time started_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(written_at)
PARTITION BY toYYYYMM(started_at)
ORDER BY (tenant, call, turn)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS parley.events
(
    tenant     LowCardinality(String),
    call       String,
    position   UInt32 COMMENT 'place in the log, from 0',
    id         String COMMENT 'unique in the call',
    name       LowCardinality(String) COMMENT 'TurnCommitted, Spoken, …',
    source     LowCardinality(String) COMMENT 'service/worker',
    happened_at DateTime64(6, 'UTC'),
    trace_id   String COMMENT 'hex, of the trace of the call',
    turn       Nullable(UInt32),
    body       String CODEC(ZSTD(3)) COMMENT 'JSON with the field names of the contract; no audio',
    written_at DateTime64(6, 'UTC'),
    INDEX by_time happened_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(written_at)
PARTITION BY toYYYYMM(happened_at)
ORDER BY (tenant, call, position, id)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS parley.usage
(
    tenant         LowCardinality(String),
    call           String,
    id             String COMMENT 'of the event that measured it',
    measured_at    DateTime64(6, 'UTC'),
    agent          LowCardinality(String),
    meter          LowCardinality(String) COMMENT 'asr_seconds, tts_characters, llm_input_tokens, …',
    provider       LowCardinality(String),
    model          LowCardinality(String),
    quantity_milli Int64 COMMENT 'in thousandths of the unit of the meter',
    turn           UInt32,
    wasted         Bool COMMENT 'work whose result nobody heard',
    written_at     DateTime64(6, 'UTC'),
    INDEX by_time measured_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(written_at)
PARTITION BY toYYYYMM(measured_at)
ORDER BY (tenant, call, id)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS parley.tool_calls
(
    tenant          LowCardinality(String),
    call            String,
    tool_call       String,
    turn            UInt32,
    agent           LowCardinality(String),
    tool            LowCardinality(String),
    called_at       DateTime64(6, 'UTC'),
    status          LowCardinality(String) COMMENT 'ok, conflict, timed_out, …; empty: never returned',
    error           String,
    took_ms         UInt32,
    attempts        UInt16,
    replayed        Bool COMMENT 'an attempt got the stored result of an earlier one',
    side_effects    Bool,
    idempotency_key String,
    arguments       String CODEC(ZSTD(3)) COMMENT 'JSON',
    result          String CODEC(ZSTD(3)) COMMENT 'JSON',
    written_at      DateTime64(6, 'UTC'),
    INDEX by_time called_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(written_at)
PARTITION BY toYYYYMM(called_at)
ORDER BY (tenant, call, tool_call)
SETTINGS non_replicated_deduplication_window = 1000;
