-- Times are integer milliseconds since 1970, UTC. Ids are text. *_key columns hold the folded spelling that uniqueness and look-ups use.
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE workspaces (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    enabled    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER
) WITHOUT ROWID;

CREATE TABLE keyspaces (
    id                   TEXT NOT NULL PRIMARY KEY,
    workspace_id         TEXT NOT NULL REFERENCES workspaces (id),
    store_encrypted_keys INTEGER NOT NULL,
    default_prefix       TEXT,
    default_bytes        INTEGER,
    created_at           INTEGER NOT NULL,
    deleted_at           INTEGER
) WITHOUT ROWID;

CREATE TABLE apis (
    id                TEXT NOT NULL PRIMARY KEY,
    workspace_id      TEXT NOT NULL REFERENCES workspaces (id),
    keyspace_id       TEXT REFERENCES keyspaces (id),
    name              TEXT NOT NULL,
    ip_allow_list     TEXT,
    delete_protection INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER,
    deleted_at        INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX apis_keyspace ON apis (keyspace_id);

CREATE TABLE identities (
    id           TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    external_id  TEXT NOT NULL,
    meta         TEXT,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER,
    deleted_at   INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX identities_live_external_id ON identities (workspace_id, external_id) WHERE deleted_at IS NULL;

CREATE TABLE keys (
    id                   TEXT NOT NULL PRIMARY KEY,
    workspace_id         TEXT NOT NULL REFERENCES workspaces (id),
    keyspace_id          TEXT NOT NULL REFERENCES keyspaces (id),
    hash                 BLOB NOT NULL,
    start                TEXT NOT NULL,
    name                 TEXT,
    identity_id          TEXT REFERENCES identities (id),
    meta                 TEXT,
    enabled              INTEGER NOT NULL,
    expires_at           INTEGER,
    remaining            INTEGER,
    refill_amount        INTEGER,
    refill_day           INTEGER,
    last_refill_at       INTEGER,
    for_workspace_id     TEXT REFERENCES workspaces (id),
    pending_migration_id TEXT,
    last_used_at         INTEGER,
    created_at           INTEGER NOT NULL,
    updated_at           INTEGER,
    deleted_at           INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX keys_hash ON keys (hash);
CREATE INDEX keys_keyspace ON keys (keyspace_id, id);
CREATE INDEX keys_identity ON keys (identity_id) WHERE identity_id IS NOT NULL;
CREATE INDEX keys_for_workspace ON keys (for_workspace_id, id) WHERE for_workspace_id IS NOT NULL;

CREATE TABLE ratelimits (
    id           TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    key_id       TEXT REFERENCES keys (id) ON DELETE CASCADE,
    identity_id  TEXT REFERENCES identities (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    max_tokens   INTEGER NOT NULL,
    duration_ms  INTEGER NOT NULL,
    auto_apply   INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX ratelimits_key ON ratelimits (key_id, name) WHERE key_id IS NOT NULL;
CREATE UNIQUE INDEX ratelimits_identity ON ratelimits (identity_id, name) WHERE identity_id IS NOT NULL;

CREATE TABLE permissions (
    id           TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    name         TEXT NOT NULL,
    slug         TEXT NOT NULL,
    slug_key     TEXT NOT NULL,
    description  TEXT,
    created_at   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX permissions_slug ON permissions (workspace_id, slug_key);

CREATE TABLE roles (
    id           TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    name         TEXT NOT NULL,
    name_key     TEXT NOT NULL,
    description  TEXT,
    created_at   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX roles_name ON roles (workspace_id, name_key);

CREATE TABLE keys_permissions (
    key_id        TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    permission_id TEXT NOT NULL REFERENCES permissions (id) ON DELETE CASCADE,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (key_id, permission_id)
) WITHOUT ROWID;
CREATE INDEX keys_permissions_permission ON keys_permissions (permission_id);

CREATE TABLE keys_roles (
    key_id     TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    role_id    TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (key_id, role_id)
) WITHOUT ROWID;
CREATE INDEX keys_roles_role ON keys_roles (role_id);

CREATE TABLE roles_permissions (
    role_id       TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    permission_id TEXT NOT NULL REFERENCES permissions (id) ON DELETE CASCADE,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (role_id, permission_id)
) WITHOUT ROWID;
CREATE INDEX roles_permissions_permission ON roles_permissions (permission_id);

CREATE TABLE audit_log (
    seq            INTEGER NOT NULL PRIMARY KEY,
    id             TEXT NOT NULL,
    workspace_id   TEXT NOT NULL,
    time_ms        INTEGER NOT NULL,
    event          TEXT NOT NULL,
    actor_id       TEXT NOT NULL,
    actor_name     TEXT NOT NULL,
    resource_type  TEXT NOT NULL,
    resource_id    TEXT NOT NULL,
    resource_name  TEXT,
    correlation_id TEXT,
    request_id     TEXT NOT NULL,
    remote_address TEXT,
    user_agent     TEXT
);
CREATE INDEX audit_log_workspace ON audit_log (workspace_id, time_ms);
