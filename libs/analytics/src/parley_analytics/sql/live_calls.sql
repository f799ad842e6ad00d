-- Calls that run now, the longest first.
SELECT call, agent, channel, language, started_at, turns, interruptions, dateDiff('second', started_at, now()) AS seconds
FROM parley.live_calls
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime}
ORDER BY started_at LIMIT 100
