-- Fallback rate: turns that something else had to answer, or that were answered without a part, by stage, in percent of all.
SELECT failed_stage AS stage, failed_action AS action, count() AS turns,
       round(100 * turns / (SELECT count() FROM parley.v_turns WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime}), 3) AS percent
FROM parley.v_turns
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND failed_stage != ''
GROUP BY stage, action ORDER BY turns DESC
