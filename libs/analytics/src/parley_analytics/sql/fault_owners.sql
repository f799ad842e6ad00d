-- Whose doing the ends of calls are, and the refusals, by reason.
SELECT fault_owner AS owner, if(refusal != '', refusal, end_reason) AS reason, refusal != '' AS refused, count() AS calls
FROM parley.v_calls
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND fault_owner != ''
GROUP BY owner, reason, refused ORDER BY calls DESC
