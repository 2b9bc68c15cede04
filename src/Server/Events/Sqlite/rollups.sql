-- How far the raw events are in the roll-ups, by row id. Since version 3 of the store; before, every batch was summed with its transaction.
CREATE TABLE rolled_up (
    source   TEXT NOT NULL PRIMARY KEY,
    last_row INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO rolled_up SELECT 'key_verifications_v1', ifnull(max(rowid), 0) FROM key_verifications_v1;
INSERT INTO rolled_up SELECT 'ratelimits_v1', ifnull(max(rowid), 0) FROM ratelimits_v1;
INSERT INTO rolled_up SELECT 'api_requests_raw_v2', ifnull(max(rowid), 0) FROM api_requests_raw_v2;
