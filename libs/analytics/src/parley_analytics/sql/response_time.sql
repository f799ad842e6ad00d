-- Response time: what the platform itself needs, the pause aside, by part, in ms (means, and p95 of the whole).
SELECT agent, round(quantile(0.95)(total_us - pause_us) / 1000) AS p95,
       round(avg(final_text_us) / 1000) AS final_text, round(avg(model_us) / 1000) AS model, round(avg(sentence_us) / 1000) AS sentence,
       round(avg(speech_us) / 1000) AS speech, round(avg(bus_us) / 1000) AS bus, round(avg(playout_us) / 1000) AS playout
FROM parley.v_turns
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND total_us IS NOT NULL
GROUP BY agent ORDER BY p95 DESC
