-- Time to first token: the turn at the conversation to the model's first token, by model, in ms.
SELECT provider, model, count() AS turns,
       round(quantile(0.5)(first_token_ms)) AS p50, round(quantile(0.95)(first_token_ms)) AS p95, round(quantile(0.99)(first_token_ms)) AS p99
FROM parley.v_turns
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND first_token_ms IS NOT NULL
GROUP BY provider, model ORDER BY turns DESC
