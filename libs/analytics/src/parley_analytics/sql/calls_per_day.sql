-- Calls, minutes and bookings, by day.
SELECT toDate(started_at) AS day, count() AS calls, round(sum(duration_ms) / 60000, 1) AS minutes, countIf(booked) AS bookings, countIf(degraded) AS degraded_calls
FROM parley.v_calls
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime}
GROUP BY day ORDER BY day
