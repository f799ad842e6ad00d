-- One row per turn of the calls of this chunk; turn 0 is the greeting.
INSERT INTO parley.turns
    (tenant, call, turn, agent, language, started_at, committed_at, commit_reason, caller_text, agent_text, agent_planned, speech_start_ms,
     speech_end_ms, asr_ms, asr_confidence, reply_start_ms, reply_end_ms, sentences, interrupted, after_interruption, failed_stage, failed_action, provider, model, finish,
     input_tokens, output_tokens, first_token_ms, reply_ms, searches, flow, guardrails, citations, tools, drafted, total_us, pause_us, final_text_us,
     model_us, sentence_us, speech_us, bus_us, playout_us, written_at)
WITH
    i -> (cityHash64(call, turn, i) % 1000003 + 1) / 1000004 AS u,
    i -> sqrt(-2 * log(u(i))) * cos(2 * pi() * u(i + 1000)) AS z,
    toUInt32(turn * (duration_ms / (turns + 1)) + 400 * u(1)) AS begins_ms,
    begins_ms + toUInt32(900 + 1800 * abs(z(2))) AS ends_ms,
    toUInt64(1000 * (300 + 100 * (u(3) < 0.3))) AS pause, toUInt64(1000 * exp(4.6 + 0.6 * z(4))) AS text_wait, toUInt64(1000 * exp(4.9 + 0.7 * z(5) + (model_name = 'gpt-large'))) AS thinking,
    toUInt64(1000 * 20 * u(6)) AS first_sentence, toUInt64(1000 * exp(4 + 0.4 * z(7))) AS voice, toUInt64(1000 * (4 + 8 * u(8))) AS hops, toUInt64(1000 * 2 * u(9)) AS out,
    if(cityHash64(call) % 10 < 7, 'rule-based-1', 'gpt-large') AS model_name,
    pause + text_wait + thinking + first_sentence + voice + hops + out AS whole,
    ends_ms + toUInt32(whole / 1000) AS replies_ms,
    turn > 0 AND (turn + cityHash64(call)) % greatest(turns, 1) < interruptions AS cut,
    turn = 1 AND turns_failed > 0 AS failed,
    turn > 0 AND u(10) < 0.35 AS asks, asks AND u(11) < 0.12 AS unknown,
    ['what are your opening hours', 'do you accept my insurance', 'where can i park', 'how much is it', 'can i bring my dog', 'is breakfast included'][1 + toUInt32(u(12) * 5.99)] AS question
SELECT
    tenant, call, turn, agent, language, started_at, if(turn = 0, NULL, started_at + toIntervalMillisecond(ends_ms + 300)),
    if(turn = 0, '', ['pause', 'pause', 'pause', 'complete', 'digits'][1 + toUInt32(u(13) * 4.99)]),
    multiIf(turn = 0 OR u(22) < 0.02, '', asks, question, ['yes please', 'my name is maria lopez', 'next friday at ten', 'no thank you'][1 + toUInt32(u(14) * 3.99)]),
    if(cut, 'We are open', 'We are open from nine in the morning to six.'), 'We are open from nine in the morning to six.', if(turn = 0, 0, begins_ms), if(turn = 0, 0, ends_ms),
    if(turn = 0, NULL, toUInt32(text_wait / 1000 + 40)), if(turn = 0, NULL, greatest(0.2, least(1, 0.87 + 0.12 * z(15)))), if(turn = 0, 300, replies_ms),
    if(turn = 0, 2300, replies_ms + toUInt32(if(cut, 700, 1500 + 1200 * abs(z(16))))), 1, cut, turn > 1 AND (turn - 1 + cityHash64(call)) % greatest(turns, 1) < interruptions, if(failed, ['rag', 'llm', 'asr', 'tts'][1 + toUInt32(u(17) * 3.99)], ''), if(failed, if(u(18) < 0.5, 'fallback', 'degraded'), ''),
    if(model_name = 'gpt-large', 'openai', 'rule_based'), model_name, 'stop', 180 + 60 * turn, 12 + toUInt32(30 * u(19)), if(turn = 0, NULL, toUInt32(thinking / 1000)), if(turn = 0, NULL, toUInt32(thinking / 1000 + 250 * u(20))),
    asks, if(turn > 1 AND notEmpty(flows), flows[1], ''), if(turn = 1 AND calls.guardrails > 0, ['agent: unproven_claim'], []), if(asks AND NOT unknown, [concat('knowledge/faq.md#', question)], []),
    if(turn = turns AND tools_called > 0, ['book_appointment'], []), turn > 0, if(turn = 0, NULL, whole), if(turn = 0, NULL, pause), if(turn = 0, NULL, text_wait),
    if(turn = 0, NULL, thinking), if(turn = 0, NULL, first_sentence), if(turn = 0, NULL, voice), if(turn = 0, NULL, hops), if(turn = 0, NULL, out), calls.written_at
FROM (SELECT * FROM parley.calls
      WHERE tenant = {tenant:String} AND attributes['seed'] = toString({seed:UInt64})
        AND toUInt64(attributes['synthetic']) >= {first:UInt64} AND toUInt64(attributes['synthetic']) < {first:UInt64} + {count:UInt64} AND refusal = '') AS calls
ARRAY JOIN range(turns + 1) AS turn
