-- A turn says whether the caller cut off the reply before it. Partitions that are no longer written to are merged to one part,
-- and the views do not merge across partitions, which no row changes: reading a year costs no merge of it.

ALTER TABLE parley.turns
    ADD COLUMN IF NOT EXISTS after_interruption Bool COMMENT 'the caller cut off the reply before this turn' AFTER interrupted;

ALTER TABLE parley.calls MODIFY SETTING min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

ALTER TABLE parley.turns MODIFY SETTING min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

ALTER TABLE parley.sentences MODIFY SETTING min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

ALTER TABLE parley.events MODIFY SETTING min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

ALTER TABLE parley.usage MODIFY SETTING min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

ALTER TABLE parley.tool_calls MODIFY SETTING min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE OR REPLACE VIEW parley.v_calls SQL SECURITY INVOKER AS
SELECT * FROM parley.calls FINAL SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE OR REPLACE VIEW parley.v_turns SQL SECURITY INVOKER AS
SELECT * FROM parley.turns FINAL SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE OR REPLACE VIEW parley.v_sentences SQL SECURITY INVOKER AS
SELECT * FROM parley.sentences FINAL SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE OR REPLACE VIEW parley.v_events SQL SECURITY INVOKER AS
SELECT * FROM parley.events FINAL SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE OR REPLACE VIEW parley.v_usage SQL SECURITY INVOKER AS
SELECT * FROM parley.usage FINAL SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE OR REPLACE VIEW parley.v_tool_calls SQL SECURITY INVOKER AS
SELECT * FROM parley.tool_calls FINAL SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE OR REPLACE VIEW parley.live_calls SQL SECURITY INVOKER AS
SELECT * FROM parley.calls FINAL WHERE end_reason = '' AND refusal = '' SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE OR REPLACE VIEW parley.costs SQL SECURITY INVOKER AS
SELECT tenant, call, agent, started_at, meter, micros, currency
FROM parley.calls FINAL
ARRAY JOIN mapKeys(cost_by_meter) AS meter, mapValues(cost_by_meter) AS micros
SETTINGS do_not_merge_across_partitions_select_final = 1;
