-- Environment that v1 shows of a key.
ALTER TABLE keys ADD COLUMN environment TEXT;
