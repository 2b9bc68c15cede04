package verify

import (
	"fmt"
	"runtime"
	"sync/atomic"
)

// Request is the body of keys.verifyKey as far as the benchmark uses it.
type Request struct {
	Key         string   `json:"key"`
	Permissions string   `json:"permissions"`
	Tags        []string `json:"tags"`
}

// Response is the answer.
type Response struct {
	Meta Meta `json:"meta"`
	Data Data `json:"data"`
}

// Meta names the request.
type Meta struct {
	RequestID string `json:"requestId"`
}

// Data is the decision.
type Data struct {
	Valid       bool         `json:"valid"`
	Code        string       `json:"code"`
	KeyID       string       `json:"keyId,omitempty"`
	Enabled     bool         `json:"enabled,omitempty"`
	Permissions []string     `json:"permissions,omitempty"`
	Ratelimits  []LimitState `json:"ratelimits,omitempty"`
}

// LimitState is one limit after the decision.
type LimitState struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Limit     int64  `json:"limit"`
	Duration  int64  `json:"duration"`
	AutoApply bool   `json:"autoApply"`
	Remaining int64  `json:"remaining"`
	Reset     int64  `json:"reset"`
	Exceeded  bool   `json:"exceeded"`
}

var requests uint64

// NextMeta names the next request.
func NextMeta() Meta {
	const digits = "0123456789abcdef"
	id := [16]byte{'r', 'e', 'q', '_'}
	number := atomic.AddUint64(&requests, 1)
	for i := len(id) - 1; i >= 4; i-- {
		id[i] = digits[number&15]
		number >>= 4
	}
	return Meta{RequestID: string(id[:])}
}

// Metrics says how much the heap has handed out since the start.
func Metrics() string {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return fmt.Sprintf("allocated_bytes_total %d\n", memory.TotalAlloc)
}
