-- Containment: calls in which the caller spoke and which ended without a person and without a fault, in percent.
SELECT agent, count() AS calls, countIf(NOT handed_off AND fault_owner IN ('caller', 'callee', 'business') AND turns_failed = 0) AS contained,
       round(100 * contained / calls, 1) AS percent
FROM parley.v_calls
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND end_reason != '' AND turns > 0
GROUP BY agent ORDER BY calls DESC
