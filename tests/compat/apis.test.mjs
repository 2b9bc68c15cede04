// apis.* through the official SDK.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { assertNow, call, clientWith, createApi, createKey, errors, method, pages, refused, unique, unkey, verify } from "./support.mjs";

method("apis.createApi", () => {
  test("makes an API of its name, and names need not be unique", async () => {
    const name = unique("billing");
    const first = await unkey.apis.createApi({ name });
    assert.match(first.data.apiId, /^api_[a-zA-Z0-9]+$/);
    const second = (await unkey.apis.createApi({ name })).data.apiId;
    assert.notEqual(second, first.data.apiId);
    assert.deepEqual((await unkey.apis.getApi({ apiId: second })).data, { id: second, name });
  });

  test("a name that is too short names the rule", async () => {
    const error = await refused(unkey.apis.createApi({ name: "ab" }), 400, "unkey/application/invalid_input");
    assert.equal(error.detail, "POST request body for '/v2/apis.createApi' failed to validate schema");
    assert.deepEqual(error.errors, [{ location: "/properties/name/minLength", message: "minLength: got 2, want 3" }]);
  });

  test("without the permission", async () => {
    const reader = await clientWith("api.*.read_api");
    const error = await refused(reader.apis.createApi({ name: "denied" }), 403, "unkey/authorization/insufficient_permissions");
    assert.equal(error.detail, "Missing permission: 'api.*.create_api'");
  });
});

method("apis.getApi", () => {
  test("answers the id and the name as it was given", async () => {
    const name = "Ünïcode <&> \"quotes\" 日本語 🎉";
    const { apiId } = (await unkey.apis.createApi({ name })).data;
    assert.deepEqual((await unkey.apis.getApi({ apiId })).data, { id: apiId, name });
  });

  test("an unknown API", () => refused(unkey.apis.getApi({ apiId: "api_doesnotexist" }), 404, "unkey/data/api_not_found"));
});

method("apis.deleteApi", () => {
  test("takes the API and its keys away, once", async () => {
    const apiId = await createApi();
    const { key, keyId } = await createKey(apiId);
    assert.equal((await verify(key)).code, "VALID");
    assert.deepEqual((await unkey.apis.deleteApi({ apiId })).data, {});
    await refused(unkey.apis.getApi({ apiId }), 404, "unkey/data/api_not_found");
    await refused(unkey.apis.deleteApi({ apiId }), 404, "unkey/data/api_not_found");
    await refused(unkey.keys.getKey({ keyId }), 404, "unkey/data/key_not_found");
    assert.deepEqual(await verify(key), { valid: false, code: "NOT_FOUND" });
  });

  test("a protected API stays", async () => {
    const apiId = await createApi({ deleteProtection: true });
    await refused(unkey.apis.deleteApi({ apiId }), 412, "unkey/application/protected_resource", errors.PreconditionFailedErrorResponse);
    assert.equal((await unkey.apis.getApi({ apiId })).data.id, apiId);
    await call("apis.updateApi", { apiId, deleteProtection: false });
    await unkey.apis.deleteApi({ apiId });
  });
});

method("apis.listKeys", () => {
  const externalId = unique("user");
  const since = Date.now();
  let apiId;
  let made;

  before(async () => {
    apiId = await createApi({ storeEncryptedKeys: true });
    const ratelimits = [{ name: "shared", limit: 9, duration: 5000, autoApply: false }];
    await unkey.identities.createIdentity({ externalId, meta: { tier: 2 }, ratelimits });
    made = [
      await createKey(apiId, { name: "plain" }),
      await createKey(apiId, { enabled: false, externalId, recoverable: true }),
      await createKey(apiId, {
        prefix: "full",
        name: "full",
        externalId,
        meta: { plan: "pro" },
        expires: 4_000_000_000_000,
        permissions: ["list.read", "list.write"],
        credits: { remaining: 7, refill: { interval: "daily", amount: 70 } },
        ratelimits: [{ name: "own", limit: 3, duration: 60_000, autoApply: true }],
      }),
      await createKey(apiId, { expires: 1000 }),
      await createKey(apiId),
    ];
  });

  const ids = (keys) => keys.map((key) => key.keyId);

  test("the iterator ends with every key once, in the order of the ids", async () => {
    const listed = await pages(unkey.apis.listKeys({ apiId, limit: 2 }));
    assert.deepEqual(listed.map((page) => page.length), [2, 2, 1]);
    assert.deepEqual(ids(listed.flat()), ids(made).sort());
  });

  test("one page has no cursor", async () => {
    const { result } = await unkey.apis.listKeys({ apiId });
    assert.deepEqual(result.pagination, { hasMore: false });
    assert.equal(result.data.length, 5);
    assert.deepEqual(await pages(unkey.apis.listKeys({ apiId: await createApi() })), [[]]);
  });

  test("a row is everything about the key", async () => {
    const [page] = await pages(unkey.apis.listKeys({ apiId }));
    const { createdAt, identity, ratelimits, ...row } = page.find((key) => key.name === "full");
    assertNow(createdAt, since);
    assert.deepEqual(row, {
      keyId: made[2].keyId,
      start: made[2].key.slice(0, "full_".length + 4),
      enabled: true,
      name: "full",
      meta: { plan: "pro" },
      expires: 4_000_000_000_000,
      permissions: ["list.read", "list.write"],
      credits: { remaining: 7, refill: { interval: "daily", amount: 70 } },
    });
    assert.deepEqual([identity.externalId, identity.meta, identity.ratelimits[0].name], [externalId, { tier: 2 }, "shared"]);
    assert.deepEqual({ ...ratelimits[0], id: "" }, { id: "", name: "own", limit: 3, duration: 60_000, autoApply: true });
    assert.deepEqual(page.filter((key) => !key.enabled).map((key) => key.keyId), [made[1].keyId]);
  });

  test("the filter by external id is exact", async () => {
    const own = await pages(unkey.apis.listKeys({ apiId, externalId, limit: 1 }));
    assert.deepEqual(ids(own.flat()), [made[1].keyId, made[2].keyId].sort());
    assert.deepEqual(await pages(unkey.apis.listKeys({ apiId, externalId: externalId.toUpperCase() })), [[]]);
  });

  test("decrypt adds the plain text of recoverable keys", async () => {
    const [page] = await pages(unkey.apis.listKeys({ apiId, decrypt: true }));
    assert.deepEqual(page.flatMap((key) => key.plaintext ?? []), [made[1].key]);
    assert.equal(page.find((key) => key.plaintext).keyId, made[1].keyId);
    const [hidden] = await pages(unkey.apis.listKeys({ apiId, revalidateKeysCache: true }));
    assert.ok(hidden.every((key) => key.plaintext === undefined));
    const plain = await createApi();
    await refused(unkey.apis.listKeys({ apiId: plain, decrypt: true }), 412, "unkey/application/precondition_failed", errors.APIError);
  });

  test("a caller that may not read gets the answer of an unknown API", async () => {
    const half = await clientWith("api.*.read_api");
    const denied = await refused(half.apis.listKeys({ apiId }), 404, "unkey/data/api_not_found");
    const unknown = await refused(unkey.apis.listKeys({ apiId: "api_doesnotexist" }), 404, "unkey/data/api_not_found");
    assert.deepEqual(denied, unknown);
    await refused(unkey.apis.listKeys({ apiId, limit: 101 }), 400, "unkey/application/invalid_input");
  });
});
