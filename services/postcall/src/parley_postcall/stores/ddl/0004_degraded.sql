-- What a turn had to do without counts as well.

ALTER TABLE parley.calls
    COMMENT COLUMN degraded 'a turn was answered without its knowledge or a tool, or a part of the work after the call could not be done';
