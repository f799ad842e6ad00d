-- Hand-off rate: calls in which a person was asked for, by agent, in percent.
SELECT agent, count() AS calls, countIf(handed_off) AS handed, round(100 * handed / calls, 1) AS percent
FROM parley.v_calls
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND refusal = ''
GROUP BY agent ORDER BY calls DESC
