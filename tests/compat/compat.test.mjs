// The official SDKs against a running server: BASE_URL and UNKEY_ROOT_KEY name it (tests/compat/run starts one).
// Every answer passes the SDK's own validation (zod) here, so a member of the wrong type or a null fails a test.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

const serverURL = process.env.BASE_URL;
const rootKey = process.env.UNKEY_ROOT_KEY;
assert.ok(serverURL && rootKey, "BASE_URL and UNKEY_ROOT_KEY are needed");

// @unkey/hono has no option for the address of the server, so its requests are sent elsewhere by the one global they use.
const realFetch = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (url.host === "api.unkey.com") {
    const target = new URL(url.pathname + url.search, serverURL);
    return realFetch(input instanceof Request ? new Request(target, input) : target, init);
  }
  return realFetch(input, init);
};

const { Unkey } = await import("@unkey/api");
const errors = await import("@unkey/api/models/errors");
const { unkey: honoUnkey } = await import("@unkey/hono");
const { Hono } = await import("hono");

const client = (options = {}) => new Unkey({ serverURL, rootKey, retryConfig: { strategy: "none" }, timeoutMs: 10_000, ...options });
const unkey = client();
const tag = Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
let apiId;
let key;

before(async () => {
  apiId = (await unkey.apis.createApi({ name: `compat-${tag}` })).data.apiId;
  key = (
    await unkey.keys.createKey({
      apiId,
      prefix: "t",
      name: "compat",
      externalId: `user_${tag}`,
      meta: { plan: "pro", nested: { list: [1, 2.5, null] } },
      permissions: ["doc.read"],
      credits: { remaining: 100, refill: { interval: "monthly", amount: 100, refillDay: 15 } },
      ratelimits: [{ name: "rpm", limit: 50, duration: 60_000, autoApply: true }],
    })
  ).data;
});

const verify = async (extra = {}, secret = key.key) => (await unkey.keys.verifyKey({ key: secret, ...extra })).data;

describe("apis", () => {
  test("createApi and getApi", async () => {
    const { data, meta } = await unkey.apis.getApi({ apiId });
    assert.deepEqual(data, { id: apiId, name: `compat-${tag}` });
    assert.match(meta.requestId, /^req_/);
  });

  test("deleteApi takes the API away", async () => {
    const gone = (await unkey.apis.createApi({ name: "to be deleted" })).data.apiId;
    await unkey.apis.deleteApi({ apiId: gone });
    await assert.rejects(unkey.apis.getApi({ apiId: gone }), errors.NotFoundErrorResponse);
    await assert.rejects(unkey.apis.deleteApi({ apiId: gone }), errors.NotFoundErrorResponse);
  });
});

describe("keys", () => {
  test("verifyKey answers everything the key has", async () => {
    const data = await verify({ permissions: "doc.read", tags: ["path=/x"] });
    assert.deepEqual(
      [data.valid, data.code, data.keyId, data.enabled, data.name, data.identity?.externalId],
      [true, "VALID", key.keyId, true, "compat", `user_${tag}`],
    );
    assert.deepEqual(data.meta, { plan: "pro", nested: { list: [1, 2.5, null] } });
    assert.deepEqual(data.permissions, ["doc.read"]);
    assert.equal(typeof data.credits, "number");
    const [limit] = data.ratelimits;
    assert.deepEqual([limit.name, limit.limit, limit.duration, limit.exceeded, limit.autoApply], ["rpm", 50, 60_000, false, true]);
    assert.ok(limit.reset > Date.now() - 1000 && limit.reset <= Date.now() + 61_000);
  });

  test("verifyKey spends credits and says when they are used up", async () => {
    const { key: secret } = (await unkey.keys.createKey({ apiId, credits: { remaining: 2 } })).data;
    assert.equal((await verify({ credits: { cost: 0 } }, secret)).credits, 2);
    assert.equal((await verify({}, secret)).credits, 1);
    assert.equal((await verify({}, secret)).credits, 0);
    const last = await verify({}, secret);
    assert.deepEqual([last.valid, last.code, last.credits], [false, "USAGE_EXCEEDED", 0]);
  });

  test("verifyKey knows every outcome that is no success", async () => {
    assert.equal((await verify({ permissions: "doc.write" })).code, "INSUFFICIENT_PERMISSIONS");
    assert.deepEqual(await verify({}, "no such key"), { valid: false, code: "NOT_FOUND" });
    const make = async (options) => (await unkey.keys.createKey({ apiId, ...options })).data.key;
    assert.equal((await verify({}, await make({ enabled: false }))).code, "DISABLED");
    assert.equal((await verify({}, await make({ expires: 1000 }))).code, "EXPIRED");
    const limited = await make({ ratelimits: [{ name: "once", limit: 1, duration: 3_600_000, autoApply: true }] });
    assert.deepEqual([(await verify({}, limited)).code, (await verify({}, limited)).code], ["VALID", "RATE_LIMITED"]);
    const ratelimits = [{ name: "adhoc", limit: 10, duration: 3_600_000, cost: 3 }];
    assert.equal((await verify({ ratelimits }, await make({}))).ratelimits[0].remaining, 7);
  });

  test("getKey and whoami answer the same key", async () => {
    const byId = (await unkey.keys.getKey({ keyId: key.keyId })).data;
    const byText = (await unkey.keys.whoami({ key: key.key })).data;
    assert.equal(byId.keyId, key.keyId);
    assert.ok(key.key.startsWith(byId.start));
    assert.deepEqual(byId.credits.refill, { interval: "monthly", amount: 100, refillDay: 15 });
    assert.deepEqual(byText, byId);
  });

  test("updateKey sets, keeps and clears", async () => {
    const made = (await unkey.keys.createKey({ apiId, name: "before", meta: { a: 1 }, credits: { remaining: 5 } })).data;
    await unkey.keys.updateKey({ keyId: made.keyId, name: "after", credits: null, enabled: false });
    const stored = (await unkey.keys.getKey({ keyId: made.keyId })).data;
    assert.deepEqual([stored.name, stored.meta, stored.credits, stored.enabled], ["after", { a: 1 }, undefined, false]);
    await unkey.keys.updateKey({ keyId: made.keyId, enabled: true, meta: null });
    assert.deepEqual(await verify({}, made.key), { valid: true, code: "VALID", keyId: made.keyId, name: "after", enabled: true });
  });

  test("deleteKey takes the key away", async () => {
    const made = (await unkey.keys.createKey({ apiId })).data;
    await unkey.keys.deleteKey({ keyId: made.keyId });
    assert.equal((await verify({}, made.key)).code, "NOT_FOUND");
    await assert.rejects(unkey.keys.deleteKey({ keyId: made.keyId, permanent: true }), errors.NotFoundErrorResponse);
  });
});

describe("identities and permissions", () => {
  test("createIdentity and getIdentity", async () => {
    const externalId = `identity_${tag}`;
    const { identityId } = (
      await unkey.identities.createIdentity({
        externalId,
        meta: { tier: 1 },
        ratelimits: [{ name: "tokens", limit: 5, duration: 60_000, autoApply: false }],
      })
    ).data;
    const { data } = await unkey.identities.getIdentity({ identity: externalId });
    assert.deepEqual([data.id, data.externalId, data.meta, data.ratelimits[0].name], [identityId, externalId, { tier: 1 }, "tokens"]);
    await assert.rejects(unkey.identities.createIdentity({ externalId }), errors.ConflictErrorResponse);
  });

  test("createPermission", async () => {
    const slug = `compat.${tag}`;
    const { permissionId } = (await unkey.permissions.createPermission({ name: "compat", slug })).data;
    assert.match(permissionId, /^perm_/);
    await assert.rejects(unkey.permissions.createPermission({ name: "again", slug }), errors.ConflictErrorResponse);
  });
});

describe("errors are the SDK's own types", () => {
  test("400", async () => {
    await assert.rejects(unkey.apis.createApi({ name: "ab" }), (error) => {
      assert.ok(error instanceof errors.BadRequestErrorResponse);
      assert.equal(error.error.errors[0].location, "/properties/name/minLength");
      return true;
    });
    await assert.rejects(unkey.keys.verifyKey({ key: key.key, permissions: "a AND" }), errors.BadRequestErrorResponse);
  });

  test("401", async () => {
    await assert.rejects(client({ rootKey: "bad" }).apis.getApi({ apiId }), errors.UnauthorizedErrorResponse);
    await assert.rejects(client({ rootKey: "bad" }).keys.verifyKey({ key: key.key }), errors.UnauthorizedErrorResponse);
  });

  test("403", async () => {
    const response = await realFetch(`${serverURL}/v2/rootKeys.createRootKey`, {
      method: "POST",
      headers: { authorization: `Bearer ${rootKey}`, "content-type": "application/json" },
      body: JSON.stringify({ name: "reader", permissions: ["api.*.read_api"] }),
    });
    const reader = client({ rootKey: (await response.json()).data.key });
    assert.equal((await reader.apis.getApi({ apiId })).data.id, apiId);
    await assert.rejects(reader.apis.createApi({ name: "denied" }), errors.ForbiddenErrorResponse);
    assert.equal((await reader.keys.verifyKey({ key: key.key })).data.code, "NOT_FOUND");
  });

  test("404", async () => {
    await assert.rejects(unkey.apis.getApi({ apiId: "api_doesnotexist" }), errors.NotFoundErrorResponse);
    await assert.rejects(unkey.keys.getKey({ keyId: "key_doesnotexist" }), errors.NotFoundErrorResponse);
  });

  test("412 is not declared by the SDK and arrives as its untyped error", async () => {
    await assert.rejects(unkey.keys.verifyKey({ key: key.key, ratelimits: [{ name: "no such limit" }] }), (error) => {
      assert.ok(error instanceof errors.UnkeyError);
      assert.equal(error.statusCode, 412);
      return true;
    });
  });
});

describe("@unkey/hono", () => {
  const app = (options = {}) => {
    const hono = new Hono();
    hono.use("*", honoUnkey({ rootKey, ...options }));
    hono.get("/", (c) => c.json({ code: c.get("unkey").data.code, keyId: c.get("unkey").data.keyId }));
    return hono;
  };
  const ask = (hono, secret) => hono.request("/", secret ? { headers: { authorization: `Bearer ${secret}` } } : {});

  test("a valid key reaches the handler with its verification", async () => {
    const response = await ask(app({ permissions: "doc.read", tags: ["a=b"] }), key.key);
    assert.deepEqual([response.status, await response.json()], [200, { code: "VALID", keyId: key.keyId }]);
  });

  test("an invalid key is handed to handleInvalidKey", async () => {
    const guarded = app({ handleInvalidKey: (c, result) => c.json({ code: result.data.code }, 403) });
    const response = await ask(guarded, "no such key");
    assert.deepEqual([response.status, await response.json()], [403, { code: "NOT_FOUND" }]);
  });

  test("a missing key never reaches the server", async () => {
    assert.equal((await ask(app())).status, 401);
  });

  test("a wrong root key is thrown to the framework", async () => {
    const hono = app({ rootKey: "bad" });
    let thrown;
    hono.onError((error, c) => {
      thrown = error;
      return c.text("", 500);
    });
    assert.equal((await ask(hono, key.key)).status, 500);
    assert.equal(thrown.statusCode, 401);
  });
});

test("a hundred verifications at once are all answered", async () => {
  const made = (await unkey.keys.createKey({ apiId, credits: { remaining: 60 } })).data;
  const codes = (await Promise.all(Array.from({ length: 100 }, () => verify({}, made.key)))).map((data) => data.code);
  assert.equal(codes.filter((code) => code === "VALID").length, 60);
  assert.equal(codes.filter((code) => code === "USAGE_EXCEEDED").length, 40);
});
