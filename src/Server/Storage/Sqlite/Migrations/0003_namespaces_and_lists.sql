-- Namespaces of ratelimit.* and their overrides. Both are deleted softly: a namespace keeps its name, an override its id.
CREATE TABLE ratelimit_namespaces (
    id           TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    deleted_at   INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX ratelimit_namespaces_name ON ratelimit_namespaces (workspace_id, name);

CREATE TABLE ratelimit_overrides (
    id           TEXT NOT NULL PRIMARY KEY,
    namespace_id TEXT NOT NULL REFERENCES ratelimit_namespaces (id) ON DELETE CASCADE,
    identifier   TEXT NOT NULL,
    max_tokens   INTEGER NOT NULL,
    duration_ms  INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER,
    deleted_at   INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX ratelimit_overrides_identifier ON ratelimit_overrides (namespace_id, identifier);
CREATE INDEX ratelimit_overrides_live ON ratelimit_overrides (namespace_id, id) WHERE deleted_at IS NULL;

-- Calls a minute that the API takes for a workspace; NULL for no limit.
ALTER TABLE workspaces ADD COLUMN api_limit INTEGER;

-- Second resource of an event about a link, for example the permission that a role was given.
ALTER TABLE audit_log ADD COLUMN other_type TEXT;
ALTER TABLE audit_log ADD COLUMN other_id TEXT;
ALTER TABLE audit_log ADD COLUMN other_name TEXT;
DROP INDEX audit_log_workspace;
CREATE INDEX audit_log_workspace ON audit_log (workspace_id, time_ms, seq);

-- Lists walk one of these from the cursor on, so a page costs the same wherever it starts.
DROP INDEX keys_keyspace;
CREATE INDEX keys_keyspace ON keys (keyspace_id, id) WHERE deleted_at IS NULL;
DROP INDEX keys_identity;
CREATE INDEX keys_identity ON keys (identity_id, keyspace_id, deleted_at, id) WHERE identity_id IS NOT NULL;
CREATE INDEX identities_workspace ON identities (workspace_id, id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX identities_tombstone ON identities (workspace_id, external_id) WHERE deleted_at IS NOT NULL;
CREATE INDEX permissions_workspace ON permissions (workspace_id, id);
CREATE INDEX roles_workspace ON roles (workspace_id, id);
