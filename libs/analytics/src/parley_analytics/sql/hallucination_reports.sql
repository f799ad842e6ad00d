-- Hallucination reports: sentences of the agent that a guardrail held back, by agent and rule, per 1,000 turns.
SELECT agent, arrayJoin(arrayFilter(one -> startsWith(one, 'agent: '), guardrails)) AS rule, count() AS reports,
       round(1000 * reports / (SELECT count() FROM parley.v_turns WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime}), 2) AS per_1000_turns
FROM parley.v_turns
WHERE tenant = {tenant:String} AND started_at >= {since:DateTime} AND started_at < {until:DateTime} AND notEmpty(guardrails)
GROUP BY agent, rule ORDER BY reports DESC
