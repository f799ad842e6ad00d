-- First-call resolution: callers with a number or name who did not call again within the period, in percent.
SELECT round(100 * countIf(calls = 1) / count(), 1) AS percent, count() AS callers, countIf(calls > 1) AS called_again, max(calls) AS most_calls
FROM (
    SELECT user, count() AS calls FROM parley.v_calls
    WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND user != '' AND turns > 0
    GROUP BY user
)
