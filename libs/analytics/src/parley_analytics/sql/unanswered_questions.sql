-- Questions without an answer: what callers asked and no passage of the knowledge answered, most frequent first.
SELECT caller_text AS asked, count() AS times, any(agent) AS agent, max(started_at) AS last
FROM parley.v_turns
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND searches > 0 AND empty(citations) AND caller_text != ''
GROUP BY asked ORDER BY times DESC LIMIT 50
