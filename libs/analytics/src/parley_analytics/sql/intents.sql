-- Intents: the flows that calls went through, by agent, and how many of these calls ended with a booking.
SELECT agent, arrayJoin(flows) AS flow, count() AS calls, countIf(booked) AS booked_calls
FROM parley.v_calls
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND notEmpty(flows)
GROUP BY agent, flow ORDER BY calls DESC
