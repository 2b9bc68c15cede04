// keys.verifyKey and the balance it takes from, through the official SDK.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { call, clientWith, createApi, createKey, errors, method, refused, unique, unkey, verify, withoutIds } from "./support.mjs";

const HOUR = 3_600_000;
let apiId;

before(async () => {
  apiId = await createApi();
});

const assertReset = (reset, sentMs, durationMs) =>
  assert.ok(Number.isInteger(reset) && reset > sentMs && reset <= Date.now() + durationMs, `reset ${reset}, sent ${sentMs}`);

method("keys.verifyKey", () => {
  test("answers everything the key has", async () => {
    const role = unique("role");
    const externalId = unique("user");
    await unkey.permissions.createRole({ name: role, permissions: ["role.read"] });
    await unkey.identities.createIdentity({
      externalId,
      meta: { tier: 1 },
      ratelimits: [
        { name: "tokens", limit: 20, duration: HOUR, autoApply: true },
        { name: "requests", limit: 5, duration: HOUR, autoApply: false },
      ],
    });
    const { keyId, key } = await createKey(apiId, {
      name: "whole",
      externalId,
      meta: { plan: "pro", list: [1, 2.5, null] },
      expires: 4_000_000_000_000,
      permissions: ["doc.read"],
      roles: [role],
      credits: { remaining: 10 },
      ratelimits: [{ name: "requests", limit: 50, duration: HOUR, autoApply: true }],
    });
    const sent = Date.now();
    const { identity, ratelimits, permissions, ...rest } = await verify(key, {
      permissions: "doc.read AND (role.read OR doc.write)",
      tags: ["path=/x", "Ünïcode 🎉"],
      credits: { cost: 3 },
    });
    assert.deepEqual(rest, {
      valid: true,
      code: "VALID",
      keyId,
      name: "whole",
      meta: { plan: "pro", list: [1, 2.5, null] },
      expires: 4_000_000_000_000,
      credits: 7,
      enabled: true,
      roles: [role],
    });
    assert.deepEqual(permissions.sort(), ["doc.read", "role.read"]);
    assert.deepEqual([identity.externalId, identity.meta], [externalId, { tier: 1 }]);
    assert.deepEqual(withoutIds(identity.ratelimits), [{ name: "tokens", limit: 20, duration: HOUR, autoApply: true }]);
    ratelimits.forEach((limit) => assertReset(limit.reset, sent, HOUR));
    const applied = withoutIds(ratelimits).map(({ reset, ...limit }) => limit);
    assert.deepEqual(applied.sort((a, b) => a.name.localeCompare(b.name)), [
      { name: "requests", limit: 50, duration: HOUR, remaining: 49, exceeded: false, autoApply: true },
      { name: "tokens", limit: 20, duration: HOUR, remaining: 19, exceeded: false, autoApply: true },
    ]);
  });

  test("a key with nothing is answered with nothing", async () => {
    const { keyId, key } = await createKey(apiId);
    assert.deepEqual(await verify(key), { valid: true, code: "VALID", keyId, enabled: true });
  });

  test("each outcome that is no success", async () => {
    const outcome = async (members, request) => {
      const { key, keyId } = await createKey(apiId, members);
      const { keyId: told, ...answer } = await verify(key, request);
      assert.equal(told, keyId);
      return answer;
    };
    assert.deepEqual(await verify("no such key"), { valid: false, code: "NOT_FOUND" });
    assert.deepEqual(await outcome({ enabled: false }), { valid: false, code: "DISABLED", enabled: false });
    assert.deepEqual(await outcome({ expires: 1000 }), { valid: false, code: "EXPIRED", enabled: true, expires: 1000 });
    const denied = { valid: false, code: "INSUFFICIENT_PERMISSIONS", enabled: true, permissions: ["a.b"] };
    assert.deepEqual(await outcome({ permissions: ["a.b"] }, { permissions: "a.c" }), denied);
    const spent = { valid: false, code: "USAGE_EXCEEDED", enabled: true, credits: 1 };
    assert.deepEqual(await outcome({ credits: { remaining: 1 } }, { credits: { cost: 2 } }), spent);
  });

  test("an API may be limited to addresses", async () => {
    const limited = await createApi({ ipAllowList: ["203.0.113.7"] });
    const { key } = await createKey(limited);
    assert.equal((await verify(key)).code, "FORBIDDEN");
    await call("apis.updateApi", { apiId: limited, ipAllowList: ["127.0.0.1"] });
    assert.equal((await verify(key)).code, "VALID");
  });

  test("a limit is exceeded whole and takes nothing from the others", async () => {
    const limits = [
      { name: "once", limit: 1, duration: HOUR, autoApply: true },
      { name: "many", limit: 9, duration: HOUR, autoApply: true },
    ];
    const { key } = await createKey(apiId, { ratelimits: limits, credits: { remaining: 5 } });
    assert.equal((await verify(key)).code, "VALID");
    const denied = await verify(key);
    assert.deepEqual([denied.valid, denied.code, denied.credits], [false, "RATE_LIMITED", 4]);
    const state = Object.fromEntries(denied.ratelimits.map((limit) => [limit.name, [limit.exceeded, limit.remaining]]));
    assert.deepEqual(state, { once: [true, 0], many: [false, 8] });
  });

  test("a limit of the request alone, a cost, and one that nobody has", async () => {
    const { key } = await createKey(apiId);
    const ratelimits = [{ name: "adhoc", limit: 10, duration: HOUR, cost: 3 }];
    const [{ reset, ...limit }] = (await verify(key, { ratelimits })).ratelimits;
    assertReset(reset, Date.now() - 60_000, HOUR);
    assert.deepEqual(limit, { id: "", name: "adhoc", limit: 10, duration: HOUR, remaining: 7, exceeded: false, autoApply: false });
    const unknown = verify(key, { ratelimits: [{ name: "no such limit" }] });
    await refused(unknown, 412, "unkey/application/precondition_failed", errors.APIError);
  });

  test("credits are taken by their cost, never below zero", async () => {
    const { key } = await createKey(apiId, { credits: { remaining: 2 } });
    assert.equal((await verify(key, { credits: { cost: 0 } })).credits, 2);
    assert.equal((await verify(key)).credits, 1);
    assert.equal((await verify(key)).credits, 0);
    assert.deepEqual([(await verify(key)).code, (await verify(key)).credits], ["USAGE_EXCEEDED", 0]);
  });

  test("a hundred at once take exactly what there is", async () => {
    const { key } = await createKey(apiId, { credits: { remaining: 60 } });
    const codes = (await Promise.all(Array.from({ length: 100 }, () => verify(key)))).map((data) => data.code);
    assert.equal(codes.filter((code) => code === "VALID").length, 60);
    assert.equal(codes.filter((code) => code === "USAGE_EXCEEDED").length, 40);
  });

  test("a query that does not parse, and a caller that may not verify", async () => {
    const { key } = await createKey(apiId);
    const error = await refused(verify(key, { permissions: "a AND" }), 400, "user/bad_request/permissions_query_syntax_error");
    assert.deepEqual(error.errors, []);
    const reader = await clientWith("api.*.read_api");
    assert.deepEqual((await reader.keys.verifyKey({ key })).data, { valid: false, code: "NOT_FOUND" });
  });
});

method("keys.updateCredits", () => {
  const refill = { interval: "daily", amount: 100 };

  test("set, increment and decrement move the balance that verification takes from", async () => {
    const { keyId, key } = await createKey(apiId, { credits: { remaining: 100, refill } });
    const move = async (operation, value) => (await unkey.keys.updateCredits({ keyId, operation, value })).data;
    assert.equal((await verify(key)).credits, 99);
    assert.deepEqual(await move("set", 10), { remaining: 10, refill });
    assert.equal((await verify(key)).credits, 9);
    assert.deepEqual(await move("increment", 5), { remaining: 14, refill });
    assert.deepEqual(await move("decrement", 3), { remaining: 11, refill });
    assert.deepEqual(await move("decrement", 1000), { remaining: 0, refill });
    assert.equal((await verify(key)).code, "USAGE_EXCEEDED");
    assert.deepEqual(await move("set", null), { remaining: null });
    assert.equal((await verify(key)).credits, undefined);
  });

  test("what has no sense is refused", async () => {
    const { keyId } = await createKey(apiId);
    await refused(unkey.keys.updateCredits({ keyId, operation: "increment", value: 1 }), 400, "unkey/application/invalid_input");
    await refused(unkey.keys.updateCredits({ keyId, operation: "decrement", value: null }), 400, "unkey/application/invalid_input");
    await refused(unkey.keys.updateCredits({ keyId: "key_doesnotexist", operation: "set", value: 1 }), 404, "unkey/data/key_not_found");
    const reader = await clientWith("api.*.read_key");
    await refused(reader.keys.updateCredits({ keyId, operation: "set", value: 1 }), 403, "unkey/authorization/insufficient_permissions");
  });
});
