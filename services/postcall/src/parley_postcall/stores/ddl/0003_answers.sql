-- Outgoing calls: who answered. Empty for incoming calls, and where it was not asked.

ALTER TABLE parley.calls
    ADD COLUMN IF NOT EXISTS answered_by LowCardinality(String) COMMENT 'human, machine, ivr, screening: the last that was detected' AFTER channel;
