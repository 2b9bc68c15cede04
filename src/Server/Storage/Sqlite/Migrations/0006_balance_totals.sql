-- What makes a write-back of spent credits safe to repeat, also by a start after a crash: remaining + balance_spent is what was granted;
-- setting a balance counts its serial up and starts the total again.
ALTER TABLE keys ADD COLUMN balance_serial INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN balance_spent INTEGER NOT NULL DEFAULT 0;
