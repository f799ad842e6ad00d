-- Refused callers, by day and reason.
SELECT toDate(started_at) AS day, refusal AS reason, count() AS callers
FROM parley.v_calls
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND refusal != ''
GROUP BY day, reason ORDER BY day DESC, callers DESC
