-- Time to first audio: a sentence at the speech service to its first sound there, by language, in ms.
SELECT language, count() AS turns,
       round(quantile(0.5)(speech_us) / 1000) AS p50, round(quantile(0.95)(speech_us) / 1000) AS p95, round(quantile(0.99)(speech_us) / 1000) AS p99
FROM parley.v_turns
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND speech_us IS NOT NULL
GROUP BY language ORDER BY turns DESC
