// Errors that every operation may answer, in the SDK's own types.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, client, createApi, createKey, errors, refused, serverURL, unkey } from "./support.mjs";

test("400: the schema names each violation", async () => {
  const error = await refused(unkey.keys.verifyKey({ key: "", tags: ["".padEnd(513, "x")] }), 400, "unkey/application/invalid_input");
  assert.deepEqual(error.errors.map((item) => item.location).sort(), ["/properties/key/minLength", "/properties/tags/items/maxLength"]);
});

test("401: an unknown root key, on both kinds of endpoint", async () => {
  const stranger = client({ rootKey: "bad" });
  await refused(stranger.apis.getApi({ apiId: "api_doesnotexist" }), 401, "unkey/authentication/key_not_found");
  await refused(stranger.keys.verifyKey({ key: "x" }), 401, "unkey/authentication/key_not_found");
  const check = { namespace: "n", identifier: "i", limit: 1, duration: 1000 };
  await refused(stranger.ratelimit.limit(check), 401, "unkey/authentication/key_not_found");
});

test("401: a key of a customer is no root key", async () => {
  const { key } = await createKey(await createApi());
  await refused(client({ rootKey: key }).apis.createApi({ name: "denied" }), 401, "unkey/authentication/key_not_found");
});

test("403: an expired root key", async () => {
  const { key } = await call("rootKeys.createRootKey", { name: "expired", permissions: ["api.*.read_api"], expires: 1000 });
  await refused(client({ rootKey: key }).apis.getApi({ apiId: "api_doesnotexist" }), 403, "unkey/authorization/forbidden");
});

test("429: a workspace that has made its calls; the SDK does not retry", async () => {
  const { workspaceId, rootKey } = await call("workspaces.createWorkspace", { name: "limited" }, process.env.UNKEY_ROOT_KEY);
  await call("workspaces.updateWorkspace", { workspaceId, apiLimit: 1 }, process.env.UNKEY_ROOT_KEY);
  const limited = client({ rootKey, retryConfig: undefined });
  await limited.apis.createApi({ name: "the one call" });
  // The SDK takes 429 for typed only as application/problem+json, which it does not ask for.
  await refused(limited.apis.createApi({ name: "one too many" }), 429, "user/too_many_requests/workspace_rate_limited", errors.APIError);
});

test("the path of the server's address is kept, and what is not served there is no JSON", async () => {
  const elsewhere = client({ serverURL: `${serverURL}/base` });
  await assert.rejects(elsewhere.apis.getApi({ apiId: "api_doesnotexist" }), (error) => {
    assert.ok(error instanceof errors.APIError);
    assert.deepEqual([error.statusCode, error.contentType.split(";")[0]], [404, "text/plain"]);
    return true;
  });
});
