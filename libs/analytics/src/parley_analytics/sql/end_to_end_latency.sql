-- End-to-end latency: the caller's last sound to the agent's first, by agent, in ms.
SELECT agent, count() AS turns,
       round(quantile(0.5)(total_us) / 1000) AS p50, round(quantile(0.95)(total_us) / 1000) AS p95, round(quantile(0.99)(total_us) / 1000) AS p99
FROM parley.v_turns
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND total_us IS NOT NULL
GROUP BY agent ORDER BY turns DESC
