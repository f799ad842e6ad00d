-- Satisfaction: the callers' sentiment as the summary has it, by agent: shares in percent, mean of -1 to 1.
SELECT agent, countIf(sentiment != '') AS calls, round(100 * countIf(sentiment = 'positive') / calls, 1) AS positive,
       round(100 * countIf(sentiment = 'negative') / calls, 1) AS negative, round(avg(sentiment_score), 2) AS mean
FROM parley.v_calls
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND sentiment != ''
GROUP BY agent ORDER BY calls DESC
