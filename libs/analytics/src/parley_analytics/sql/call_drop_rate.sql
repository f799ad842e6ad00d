-- Call drop rate: calls that a fault of the platform or the line ended, by channel, in percent.
SELECT channel, count() AS calls, countIf(fault_owner IN ('platform', 'carrier')) AS dropped, round(100 * dropped / calls, 2) AS percent
FROM parley.v_calls
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND end_reason != ''
GROUP BY channel ORDER BY calls DESC
