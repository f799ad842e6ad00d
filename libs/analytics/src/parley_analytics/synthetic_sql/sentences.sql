-- One sentence per turn of the calls of this chunk.
INSERT INTO parley.sentences (tenant, call, turn, sentence, agent, started_at, kind, language, planned, heard, complete, start_ms, end_ms, sources, written_at)
SELECT tenant, call, turn, 0, agent, started_at, 'reply', language, agent_planned, agent_text, NOT interrupted, reply_start_ms, reply_end_ms, citations, written_at
FROM parley.turns
WHERE tenant = {tenant:String} AND call IN (SELECT call FROM (
      SELECT * FROM parley.calls
      WHERE tenant = {tenant:String} AND attributes['seed'] = toString({seed:UInt64})
        AND toUInt64(attributes['synthetic']) >= {first:UInt64} AND toUInt64(attributes['synthetic']) < {first:UInt64} + {count:UInt64}))
