// The verification over fasthttp, which parses requests into buffers that it uses again.
package main

import (
	"encoding/json"
	"log"
	"strings"

	"github.com/valyala/fasthttp"

	"unkey-peers/verify"
)

func main() {
	store, address := verify.FromArguments()
	handler := func(c *fasthttp.RequestCtx) {
		switch string(c.Path()) {
		case "/v2/keys.verifyKey":
			serve(c, store)
		case "/v2/liveness":
			c.SetBodyString("OK")
		case "/metrics":
			c.SetBodyString(verify.Metrics())
		default:
			c.SetStatusCode(fasthttp.StatusNotFound)
		}
	}
	server := fasthttp.Server{Handler: handler, NoDefaultServerHeader: true}
	log.Fatal(server.ListenAndServe(address))
}

func serve(c *fasthttp.RequestCtx, store *verify.Store) {
	authorization := string(c.Request.Header.Peek("Authorization"))
	if !c.IsPost() || !strings.HasPrefix(authorization, "Bearer ") || !store.IsRootKey(authorization[len("Bearer "):]) {
		c.SetStatusCode(fasthttp.StatusUnauthorized)
		return
	}
	var request verify.Request
	if err := json.Unmarshal(c.PostBody(), &request); err != nil {
		c.SetStatusCode(fasthttp.StatusBadRequest)
		return
	}
	body, err := json.Marshal(verify.Response{Meta: verify.NextMeta(), Data: store.Verify(&request)})
	if err != nil {
		c.SetStatusCode(fasthttp.StatusInternalServerError)
		return
	}
	c.SetContentType("application/json")
	c.SetBody(body)
}
