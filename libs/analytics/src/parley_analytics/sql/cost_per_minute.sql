-- Cost per call minute, of calls that have been rated, by agent.
SELECT agent, currency, count() AS calls, round(sum(cost_micros) / 1e6, 2) AS cost, round(sum(duration_ms) / 60000, 1) AS minutes,
       round(sum(cost_micros) / 1e6 / (sum(duration_ms) / 60000), 4) AS per_minute
FROM parley.v_calls
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND cost_micros IS NOT NULL AND duration_ms > 0
GROUP BY agent, currency ORDER BY cost DESC
