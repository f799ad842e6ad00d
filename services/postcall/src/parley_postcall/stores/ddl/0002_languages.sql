-- A call may change its language: `language` is the one it ended in, `languages` all of them in their order.

ALTER TABLE parley.calls
    ADD COLUMN IF NOT EXISTS languages Array(LowCardinality(String)) COMMENT 'BCP 47, in the order of the call' AFTER language;

ALTER TABLE parley.turns
    ADD COLUMN IF NOT EXISTS language LowCardinality(String) COMMENT 'BCP 47, of the reply' AFTER agent;
