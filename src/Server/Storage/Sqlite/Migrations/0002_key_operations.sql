-- Imports of keys by their hashes: which algorithm made the hashes. The id is the customer's, unique in the workspace.
CREATE TABLE migrations (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id           TEXT NOT NULL,
    algorithm    TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, id)
) WITHOUT ROWID;

-- Recoverable keys: the key under a data key of its own, and the data key under the master key that is named. Each blob is nonce, tag, ciphertext.
CREATE TABLE encrypted_keys (
    key_id            TEXT NOT NULL PRIMARY KEY REFERENCES keys (id) ON DELETE CASCADE,
    encryption_key_id TEXT NOT NULL,
    wrapped_data_key  BLOB NOT NULL,
    ciphertext        BLOB NOT NULL,
    created_at        INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX keys_refill ON keys (id) WHERE refill_amount IS NOT NULL AND deleted_at IS NULL;
