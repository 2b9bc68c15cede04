package verify

import "sync/atomic"

// bucket is a token bucket: its theoretical arrival time in nanoseconds, changed by compare-and-swap.
type bucket struct {
	arrival int64
}

// take takes one token, and returns what remains and when the bucket is full again (on denial: has room again), in Unix milliseconds.
func (b *bucket) take(now int64) (taken bool, remaining, resetMs int64) {
	const capacity = durationMs * 1_000_000
	const each = capacity / limit
	for {
		seen := atomic.LoadInt64(&b.arrival)
		next := seen
		if next < now {
			next = now
		}
		next += each
		if next-now > capacity {
			return false, 0, (next - capacity) / 1_000_000
		}
		if atomic.CompareAndSwapInt64(&b.arrival, seen, next) {
			return true, (capacity - (next - now)) / each, next / 1_000_000
		}
	}
}
