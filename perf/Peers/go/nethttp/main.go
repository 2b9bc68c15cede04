// The verification over net/http, as a Go team would write it.
package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"strings"

	"unkey-peers/verify"
)

func main() {
	store, address := verify.FromArguments()
	mux := http.NewServeMux()
	mux.HandleFunc("/v2/liveness", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "OK") })
	mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, verify.Metrics()) })
	mux.HandleFunc("/v2/keys.verifyKey", func(w http.ResponseWriter, r *http.Request) {
		authorization := r.Header.Get("Authorization")
		if r.Method != http.MethodPost || !strings.HasPrefix(authorization, "Bearer ") || !store.IsRootKey(authorization[len("Bearer "):]) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var request verify.Request
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		body, err := json.Marshal(verify.Response{Meta: verify.NextMeta(), Data: store.Verify(&request)})
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(body)
	})
	log.Fatal(http.ListenAndServe(address, mux))
}
