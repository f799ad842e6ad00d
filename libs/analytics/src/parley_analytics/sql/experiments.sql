-- Experiments: bookings by version of an agent, with Wilson's interval of 95 %, in percent.
SELECT agent, agent_version AS version, count() AS calls, countIf(booked) AS successes, successes / calls AS p,
       round(100 * p, 2) AS percent,
       round(100 * (p + 1.9208 / calls - 1.96 * sqrt((p * (1 - p) + 0.9604 / calls) / calls)) / (1 + 3.8416 / calls), 2) AS low,
       round(100 * (p + 1.9208 / calls + 1.96 * sqrt((p * (1 - p) + 0.9604 / calls) / calls)) / (1 + 3.8416 / calls), 2) AS high
FROM parley.v_calls
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND turns > 0
GROUP BY agent, version ORDER BY agent, version
