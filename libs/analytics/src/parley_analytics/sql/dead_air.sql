-- Dead air: replies that began more than 2 s after the caller's last sound, and the silence in them, by agent.
SELECT agent, count() AS turns, countIf(total_us > 2000000) AS late, round(100 * late / turns, 2) AS percent,
       round(sumIf(total_us - 2000000, total_us > 2000000) / 1e6) AS silent_s
FROM parley.v_turns
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND total_us IS NOT NULL
GROUP BY agent ORDER BY percent DESC
