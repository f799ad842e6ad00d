-- Interruption success: replies that the caller cut off and whose next turn was understood and answered, in percent.
SELECT agent, count() AS interruptions, countIf(caller_text != '' AND agent_text != '' AND failed_stage = '') AS understood,
       round(100 * understood / interruptions, 1) AS percent
FROM parley.v_turns
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND after_interruption
GROUP BY agent ORDER BY interruptions DESC
