-- Tool failures: calls of a tool that did not end with ok, with their time, by tool.
SELECT tool, count() AS uses, countIf(status != 'ok') AS failed, round(100 * failed / uses, 2) AS percent,
       round(quantile(0.95)(took_ms)) AS p95_ms, sum(greatest(attempts, 1) - 1) AS retries
FROM parley.v_tool_calls
WHERE tenant = {tenant:String} AND called_at >= {since:DateTime} AND called_at < {until:DateTime}
GROUP BY tool ORDER BY uses DESC
