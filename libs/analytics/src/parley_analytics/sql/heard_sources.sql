-- Who heard which source: calls in which a sentence with this source was heard, first and last time.
SELECT arrayJoin(sources) AS source, uniq(call) AS calls, min(started_at) AS first, max(started_at) AS last
FROM parley.v_sentences
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND heard != '' AND notEmpty(sources)
GROUP BY source ORDER BY calls DESC LIMIT 100
