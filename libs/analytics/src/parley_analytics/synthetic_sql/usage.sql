-- What the calls of this chunk used, one row per call and meter.
INSERT INTO parley.usage (tenant, call, id, measured_at, agent, meter, provider, model, quantity_milli, turn, wasted, written_at)
WITH cityHash64(call) % 10 < 7 AS small
SELECT
    tenant, call, concat('synthetic:', toString(used.1)), ended_at, agent, used.1,
    multiIf(startsWith(used.1, 'llm'), if(small, 'rule_based', 'openai'), used.1 = 'call_seconds', 'parley', 'whisper'),
    if(startsWith(used.1, 'llm'), if(small, 'rule-based-1', 'gpt-large'), ''), used.2, turns, used.3, written_at
FROM (SELECT * FROM parley.calls
      WHERE tenant = {tenant:String} AND attributes['seed'] = toString({seed:UInt64})
        AND toUInt64(attributes['synthetic']) >= {first:UInt64} AND toUInt64(attributes['synthetic']) < {first:UInt64} + {count:UInt64} AND refusal = '') AS calls
ARRAY JOIN [('call_seconds', toInt64(duration_ms), false), ('asr_seconds', toInt64(turns * 2100), false), ('tts_characters', toInt64(turns * 52000), false),
            ('llm_input_tokens', toInt64(turns * 240000), false), ('llm_output_tokens', toInt64(turns * 27000), false), ('llm_output_tokens', toInt64(turns * 4000), true)] AS used
WHERE used.2 > 0
