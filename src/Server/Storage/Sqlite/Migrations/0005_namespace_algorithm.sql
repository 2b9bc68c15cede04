-- How the limits of a namespace count; NULL for the server's --ratelimit-algorithm.
ALTER TABLE ratelimit_namespaces ADD COLUMN algorithm TEXT CHECK (algorithm IN ('token-bucket', 'sliding-window'));
ALTER TABLE ratelimit_namespaces ADD COLUMN updated_at INTEGER;
