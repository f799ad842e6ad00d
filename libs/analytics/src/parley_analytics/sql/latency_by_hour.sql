-- End-to-end latency by hour of the day (UTC), in ms.
SELECT toHour(started_at) AS hour, count() AS turns,
       round(quantile(0.5)(total_us) / 1000) AS p50, round(quantile(0.95)(total_us) / 1000) AS p95
FROM parley.v_turns
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND total_us IS NOT NULL
GROUP BY hour ORDER BY hour
