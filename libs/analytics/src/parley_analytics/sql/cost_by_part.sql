-- Cost by part: what the meters cost, and their share, in percent.
SELECT meter, currency, round(sum(micros) / 1e6, 2) AS cost, uniq(call) AS calls,
       round(100 * sum(micros) / sum(sum(micros)) OVER (PARTITION BY currency), 1) AS percent
FROM parley.costs
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime}
GROUP BY meter, currency ORDER BY sum(micros) DESC
