-- Requests of the API and their roll-ups, under the names of the contract's tables (docs/events.md). Since version 2 of the store.
-- service_latency is in milliseconds, with a fraction. What stands empty is not recorded: bodies, queries and fields may hold secrets.
CREATE TABLE api_requests_raw_v2 (
    time             INTEGER NOT NULL,
    workspace_id     TEXT NOT NULL,
    request_id       TEXT NOT NULL,
    root_key_id      TEXT NOT NULL,
    host             TEXT NOT NULL,
    method           TEXT NOT NULL,
    path             TEXT NOT NULL,
    query_string     TEXT NOT NULL DEFAULT '',
    query_params     TEXT NOT NULL DEFAULT '{}',
    request_headers  TEXT NOT NULL DEFAULT '[]',
    request_body     TEXT NOT NULL DEFAULT '',
    response_status  INTEGER NOT NULL,
    response_headers TEXT NOT NULL DEFAULT '[]',
    response_body    TEXT NOT NULL DEFAULT '',
    error            TEXT NOT NULL,
    service_latency  REAL NOT NULL,
    user_agent       TEXT NOT NULL,
    ip_address       TEXT NOT NULL,
    region           TEXT NOT NULL DEFAULT ''
);
CREATE INDEX api_requests_workspace ON api_requests_raw_v2 (workspace_id, time);

CREATE TABLE api_requests_per_minute_v2 (
    workspace_id    TEXT NOT NULL,
    time            INTEGER NOT NULL,
    response_status INTEGER NOT NULL,
    host            TEXT NOT NULL,
    method          TEXT NOT NULL,
    path            TEXT NOT NULL,
    count           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, time, response_status, host, method, path)
) WITHOUT ROWID;

CREATE TABLE api_requests_per_hour_v2 (
    workspace_id    TEXT NOT NULL,
    time            INTEGER NOT NULL,
    response_status INTEGER NOT NULL,
    host            TEXT NOT NULL,
    method          TEXT NOT NULL,
    path            TEXT NOT NULL,
    count           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, time, response_status, host, method, path)
) WITHOUT ROWID;

CREATE TABLE api_requests_per_day_v2 (
    workspace_id    TEXT NOT NULL,
    time            INTEGER NOT NULL,
    response_status INTEGER NOT NULL,
    host            TEXT NOT NULL,
    method          TEXT NOT NULL,
    path            TEXT NOT NULL,
    count           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, time, response_status, host, method, path)
) WITHOUT ROWID;

CREATE TABLE api_requests_per_month_v2 (
    workspace_id    TEXT NOT NULL,
    time            INTEGER NOT NULL,
    response_status INTEGER NOT NULL,
    host            TEXT NOT NULL,
    method          TEXT NOT NULL,
    path            TEXT NOT NULL,
    count           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, time, response_status, host, method, path)
) WITHOUT ROWID;
