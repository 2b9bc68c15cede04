// @unkey/hono and @unkey/nextjs against the server.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Hono } from "hono";
import { NextRequest, NextResponse } from "next/server.js";
import { createApi, createKey, rootKey, serverURL, unique } from "./support.mjs";

// Neither has an option for the address of the server, so their requests are sent elsewhere by the one global they use.
const realFetch = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (url.host === "api.unkey.com") {
    const target = new URL(url.pathname + url.search, serverURL);
    return realFetch(input instanceof Request ? new Request(target, input) : target, init);
  }
  return realFetch(input, init);
};

const { unkey: honoUnkey } = await import("@unkey/hono");
const { withUnkey } = await import("@unkey/nextjs");

const externalId = unique("user");
let key;
let keyId;
let spent;

before(async () => {
  const apiId = await createApi();
  ({ key, keyId } = await createKey(apiId, { externalId, permissions: ["doc.read"], meta: { plan: "pro" } }));
  spent = (await createKey(apiId, { credits: { remaining: 0 } })).key;
});

// What both hand on of a verification.
const shown = ({ data }) => ({ code: data.code, valid: data.valid, keyId: data.keyId, meta: data.meta, user: data.identity?.externalId });
const valid = () => ({ code: "VALID", valid: true, keyId, meta: { plan: "pro" }, user: externalId });

const hono = (options = {}) => {
  const app = new Hono();
  app.use("*", honoUnkey({ rootKey, ...options }));
  app.get("/", (c) => c.json(shown(c.get("unkey"))));
  return app;
};
const next = (options = {}) => {
  const handler = withUnkey((request) => NextResponse.json(shown(request.unkey)), { rootKey, ...options });
  return { request: (_, { headers = {} } = {}) => handler(new NextRequest("http://localhost/", { headers }), {}) };
};
const denied = {
  hono: (c, result) => c.json(shown(result), 403),
  next: (_, result) => NextResponse.json(shown(result), { status: 403 }),
};
const ask = async (app, secret) => {
  const response = await app.request("/", secret === undefined ? {} : { headers: { authorization: `Bearer ${secret}` } });
  const text = await response.text();
  return [response.status, text.startsWith("{") ? JSON.parse(text) : text];
};

for (const [name, make, handleInvalidKey] of [["@unkey/hono", hono, denied.hono], ["@unkey/nextjs", next, denied.next]]) {
  describe(name, () => {
    test("a valid key reaches the handler with its verification", async () => {
      assert.deepEqual(await ask(make(), key), [200, valid()]);
    });

    test("the permissions and the tags are asked for", async () => {
      const options = { permissions: "doc.read", tags: ["path=/"], handleInvalidKey };
      assert.deepEqual(await ask(make(options), key), [200, valid()]);
      const [status, answer] = await ask(make({ ...options, permissions: "doc.write" }), key);
      assert.deepEqual([status, answer.code, answer.keyId], [403, "INSUFFICIENT_PERMISSIONS", keyId]);
    });

    test("an invalid key is handed to handleInvalidKey", async () => {
      assert.deepEqual(await ask(make({ handleInvalidKey }), "no such key"), [403, { code: "NOT_FOUND", valid: false }]);
      const [status, answer] = await ask(make({ handleInvalidKey }), spent);
      assert.deepEqual([status, answer.code], [403, "USAGE_EXCEEDED"]);
    });

    test("a missing key never reaches the server", async () => {
      assert.equal((await ask(make({ rootKey: "bad" })))[0], 401);
    });
  });
}

test("@unkey/hono lets an invalid key through and @unkey/nextjs refuses it, unless told otherwise", async () => {
  assert.deepEqual(await ask(hono(), "no such key"), [200, { code: "NOT_FOUND", valid: false }]);
  assert.deepEqual(await ask(next(), "no such key"), [401, "Unauthorized"]);
});

test("a wrong root key is thrown to the framework", async () => {
  const app = hono({ rootKey: "bad" });
  let thrown;
  app.onError((error, c) => {
    thrown = error;
    return c.text("", 500);
  });
  assert.equal((await ask(app, key))[0], 500);
  assert.equal(thrown.statusCode, 401);
  await assert.rejects(ask(next({ rootKey: "bad" }), key), (error) => error.statusCode === 401);
});
