-- Audio minutes: time on the line and time that was recognised, by day.
SELECT toDate(measured_at) AS day, round(sumIf(quantity_milli, meter = 'call_seconds') / 60000, 1) AS on_the_line,
       round(sumIf(quantity_milli, meter = 'asr_seconds') / 60000, 1) AS recognised
FROM parley.v_usage
WHERE tenant = {tenant:String} AND measured_at >= {since:DateTime} AND measured_at < {until:DateTime} AND meter IN ('call_seconds', 'asr_seconds')
GROUP BY day ORDER BY day
