-- Raw events as segments: many events of one kind in one value (src/Server/Events/Sqlite/Segments/Segment.cs). Since version 4 of the store; before, each was a row
-- of a table, which an older store keeps as <name>_rows until retention has emptied it. Queries read both as key_verifications_v1, ratelimits_v1 and
-- api_requests_raw_v2, tables that the server makes of them while it reads.
CREATE TABLE event_segments (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    kind         INTEGER NOT NULL, -- 1 verifications, 2 rate limits, 3 requests
    workspace_id TEXT NOT NULL,    -- '' when of several
    count        INTEGER NOT NULL,
    min_time     INTEGER NOT NULL, -- Unix milliseconds of the oldest event, and of the newest
    max_time     INTEGER NOT NULL,
    checksum     INTEGER NOT NULL, -- CRC-32C of events
    events       BLOB NOT NULL
);
CREATE INDEX event_segments_search ON event_segments (kind, workspace_id, max_time, min_time);
CREATE INDEX event_segments_age ON event_segments (max_time);
INSERT INTO rolled_up VALUES ('event_segments', 0);
