-- The embedded event store: raw events and their roll-ups, under the names that queries use (docs/analytics.md).
-- Times of raw events are Unix milliseconds; times of roll-ups are Unix seconds of the start of the minute, hour, day or month, in UTC.
-- Tags are a JSON array of texts in the order of the request.
CREATE TABLE key_verifications_v1 (
    time          INTEGER NOT NULL,
    workspace_id  TEXT NOT NULL,
    key_space_id  TEXT NOT NULL,
    identity_id   TEXT NOT NULL,
    external_id   TEXT NOT NULL,
    key_id        TEXT NOT NULL,
    request_id    TEXT NOT NULL,
    region        TEXT NOT NULL,
    source        TEXT NOT NULL,
    app_id        TEXT NOT NULL,
    outcome       TEXT NOT NULL,
    tags          TEXT NOT NULL,
    spent_credits INTEGER NOT NULL,
    latency       REAL NOT NULL
);
CREATE INDEX key_verifications_workspace ON key_verifications_v1 (workspace_id, time);

CREATE TABLE key_verifications_per_minute_v1 (
    workspace_id  TEXT NOT NULL,
    time          INTEGER NOT NULL,
    key_space_id  TEXT NOT NULL,
    identity_id   TEXT NOT NULL,
    external_id   TEXT NOT NULL,
    key_id        TEXT NOT NULL,
    outcome       TEXT NOT NULL,
    tags          TEXT NOT NULL,
    source        TEXT NOT NULL,
    app_id        TEXT NOT NULL,
    count         INTEGER NOT NULL,
    spent_credits INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, time, key_space_id, key_id, identity_id, external_id, outcome, tags, source, app_id)
) WITHOUT ROWID;

CREATE TABLE key_verifications_per_hour_v1 (
    workspace_id  TEXT NOT NULL,
    time          INTEGER NOT NULL,
    key_space_id  TEXT NOT NULL,
    identity_id   TEXT NOT NULL,
    external_id   TEXT NOT NULL,
    key_id        TEXT NOT NULL,
    outcome       TEXT NOT NULL,
    tags          TEXT NOT NULL,
    source        TEXT NOT NULL,
    app_id        TEXT NOT NULL,
    count         INTEGER NOT NULL,
    spent_credits INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, time, key_space_id, key_id, identity_id, external_id, outcome, tags, source, app_id)
) WITHOUT ROWID;

CREATE TABLE key_verifications_per_day_v1 (
    workspace_id  TEXT NOT NULL,
    time          INTEGER NOT NULL,
    key_space_id  TEXT NOT NULL,
    identity_id   TEXT NOT NULL,
    external_id   TEXT NOT NULL,
    key_id        TEXT NOT NULL,
    outcome       TEXT NOT NULL,
    tags          TEXT NOT NULL,
    source        TEXT NOT NULL,
    app_id        TEXT NOT NULL,
    count         INTEGER NOT NULL,
    spent_credits INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, time, key_space_id, key_id, identity_id, external_id, outcome, tags, source, app_id)
) WITHOUT ROWID;

CREATE TABLE key_verifications_per_month_v1 (
    workspace_id  TEXT NOT NULL,
    time          INTEGER NOT NULL,
    key_space_id  TEXT NOT NULL,
    identity_id   TEXT NOT NULL,
    external_id   TEXT NOT NULL,
    key_id        TEXT NOT NULL,
    outcome       TEXT NOT NULL,
    tags          TEXT NOT NULL,
    source        TEXT NOT NULL,
    app_id        TEXT NOT NULL,
    count         INTEGER NOT NULL,
    spent_credits INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, time, key_space_id, key_id, identity_id, external_id, outcome, tags, source, app_id)
) WITHOUT ROWID;

CREATE TABLE ratelimits_v1 (
    time         INTEGER NOT NULL,
    workspace_id TEXT NOT NULL,
    namespace_id TEXT NOT NULL,
    identifier   TEXT NOT NULL,
    request_id   TEXT NOT NULL,
    passed       INTEGER NOT NULL,
    latency      REAL NOT NULL,
    override_id  TEXT NOT NULL,
    "limit"      INTEGER NOT NULL,
    remaining    INTEGER NOT NULL,
    reset_at     INTEGER NOT NULL,
    tokens       INTEGER NOT NULL
);
CREATE INDEX ratelimits_workspace ON ratelimits_v1 (workspace_id, time);

CREATE TABLE ratelimits_per_minute_v1 (
    workspace_id  TEXT NOT NULL,
    time          INTEGER NOT NULL,
    namespace_id  TEXT NOT NULL,
    identifier    TEXT NOT NULL,
    passed        INTEGER NOT NULL,
    total         INTEGER NOT NULL,
    passed_tokens INTEGER NOT NULL,
    total_tokens  INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, time, namespace_id, identifier)
) WITHOUT ROWID;

CREATE TABLE ratelimits_per_hour_v1 (
    workspace_id  TEXT NOT NULL,
    time          INTEGER NOT NULL,
    namespace_id  TEXT NOT NULL,
    identifier    TEXT NOT NULL,
    passed        INTEGER NOT NULL,
    total         INTEGER NOT NULL,
    passed_tokens INTEGER NOT NULL,
    total_tokens  INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, time, namespace_id, identifier)
) WITHOUT ROWID;

CREATE TABLE ratelimits_per_day_v1 (
    workspace_id  TEXT NOT NULL,
    time          INTEGER NOT NULL,
    namespace_id  TEXT NOT NULL,
    identifier    TEXT NOT NULL,
    passed        INTEGER NOT NULL,
    total         INTEGER NOT NULL,
    passed_tokens INTEGER NOT NULL,
    total_tokens  INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, time, namespace_id, identifier)
) WITHOUT ROWID;

CREATE TABLE ratelimits_per_month_v1 (
    workspace_id  TEXT NOT NULL,
    time          INTEGER NOT NULL,
    namespace_id  TEXT NOT NULL,
    identifier    TEXT NOT NULL,
    passed        INTEGER NOT NULL,
    total         INTEGER NOT NULL,
    passed_tokens INTEGER NOT NULL,
    total_tokens  INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, time, namespace_id, identifier)
) WITHOUT ROWID;

-- Batches that are in the tables, so that one delivered again after a crash counts once.
CREATE TABLE delivered_batches (
    token       TEXT NOT NULL PRIMARY KEY,
    delivered_at INTEGER NOT NULL
) WITHOUT ROWID;
