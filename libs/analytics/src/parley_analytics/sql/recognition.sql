-- Recognition: how sure the recogniser is, and turns in which it is not, by language.
SELECT language, count() AS turns, round(avg(asr_confidence), 3) AS confidence, round(100 * countIf(asr_confidence < 0.5) / turns, 2) AS unsure_percent
FROM parley.v_turns
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND asr_confidence > 0
GROUP BY language ORDER BY turns DESC
