-- One row per tool call of the calls of this chunk.
INSERT INTO parley.tool_calls
    (tenant, call, tool_call, turn, agent, tool, called_at, status, took_ms, attempts, side_effects, idempotency_key, written_at)
WITH
    i -> (cityHash64(call, used, i) % 1000003 + 1) / 1000004 AS u,
    used + 1 = tools_called AND booked AS books,
    books AND tools_failed > 0 AS failed
SELECT
    tenant, call, concat('t', toString(used)), turns, agent, if(books, 'book_appointment', 'find_slots'), started_at + toIntervalMillisecond(toUInt32(duration_ms * 0.8)),
    if(failed, ['unavailable', 'timed_out', 'conflict'][1 + toUInt32(u(1) * 2.99)], 'ok'), toUInt32(8 + 60 * u(2) * u(2) + failed * 4000), 1 + failed, books, concat(call, '-', toString(used)), written_at
FROM (SELECT * FROM parley.calls
      WHERE tenant = {tenant:String} AND attributes['seed'] = toString({seed:UInt64})
        AND toUInt64(attributes['synthetic']) >= {first:UInt64} AND toUInt64(attributes['synthetic']) < {first:UInt64} + {count:UInt64} AND tools_called > 0) AS calls
ARRAY JOIN range(tools_called) AS used
