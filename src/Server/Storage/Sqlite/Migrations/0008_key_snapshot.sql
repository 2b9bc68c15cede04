-- What the last commit of a clean stop leaves, and the first commit of the next process deletes: the snapshot of the keys with this token is of this
-- state. A version that does not know the table must not write to the database, which is why it comes with a version of the schema.
CREATE TABLE key_snapshots (
    token BLOB NOT NULL PRIMARY KEY
) WITHOUT ROWID;
