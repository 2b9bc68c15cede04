-- Whether new keys end in a checksum.
ALTER TABLE keyspaces ADD COLUMN key_checksum INTEGER NOT NULL DEFAULT 0;
