-- Talk ratio: how long the caller and the agent speak, by agent, in seconds a turn; agent's share in percent.
SELECT agent, round(avg(speech_end_ms - speech_start_ms) / 1000, 1) AS caller_s, round(avg(reply_end_ms - reply_start_ms) / 1000, 1) AS agent_s,
       round(100 * agent_s / (caller_s + agent_s), 1) AS agent_percent
FROM parley.v_turns
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND turn > 0 AND reply_end_ms IS NOT NULL AND speech_end_ms >= speech_start_ms
GROUP BY agent ORDER BY agent
