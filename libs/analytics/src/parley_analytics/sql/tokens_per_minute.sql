-- Tokens per minute of call, by model; wasted ones are of replies that nobody heard.
SELECT provider, model, toUInt64(sum(quantity_milli) / 1000) AS tokens, toUInt64(sumIf(quantity_milli, wasted) / 1000) AS wasted_tokens,
       round(tokens / (SELECT sum(duration_ms) / 60000 FROM parley.v_calls WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime})) AS per_minute
FROM parley.v_usage
WHERE tenant = {tenant:String} AND measured_at >= {since:DateTime} AND measured_at < {until:DateTime} AND meter IN ('llm_input_tokens', 'llm_output_tokens')
GROUP BY provider, model ORDER BY tokens DESC
