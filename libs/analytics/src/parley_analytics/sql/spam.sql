-- Spam: short calls in which the caller said nothing, by channel, in percent.
SELECT channel, count() AS calls, countIf(turns = 0 AND duration_ms < 20000) AS silent, round(100 * silent / calls, 2) AS percent
FROM parley.v_calls
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND end_reason != ''
GROUP BY channel ORDER BY percent DESC
