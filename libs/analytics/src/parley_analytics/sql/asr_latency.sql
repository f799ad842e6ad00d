-- ASR latency: the end of speech at the recogniser to its final text, by language, in ms.
SELECT language, count() AS turns,
       round(quantile(0.5)(asr_ms)) AS p50, round(quantile(0.95)(asr_ms)) AS p95, round(quantile(0.99)(asr_ms)) AS p99
FROM parley.v_turns
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND asr_ms IS NOT NULL
GROUP BY language ORDER BY turns DESC
