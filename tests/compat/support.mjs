// What the test files share: a workspace of their own on the server of BASE_URL (tests/compat/run starts one), a client of the official
// SDK whose answers are held against the wire, and the words in which a case or a refusal is written.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe } from "node:test";
import { HTTPClient, Unkey } from "@unkey/api";
import * as errors from "@unkey/api/models/errors";

export { errors };
export const serverURL = process.env.BASE_URL;
assert.ok(serverURL && process.env.UNKEY_ROOT_KEY, "BASE_URL and UNKEY_ROOT_KEY are needed");

const DOCUMENTATION = "https://unkey.com/docs/errors/";

// What the SDK throws for a status when the operation declares it. It takes 429 and the errors of identities.deleteIdentity for typed
// only as application/problem+json and asks for application/json, so there its untyped APIError is right.
const TYPED = {
  400: errors.BadRequestErrorResponse,
  401: errors.UnauthorizedErrorResponse,
  403: errors.ForbiddenErrorResponse,
  404: errors.NotFoundErrorResponse,
  409: errors.ConflictErrorResponse,
};

/** Calls an endpoint that the SDK does not have. */
export async function call(operation, body, key = rootKey) {
  const response = await fetch(`${serverURL}/v2/${operation}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer.data;
}

/** Root key of this file's workspace: files run at the same time, and lists show a whole workspace. */
export const { rootKey } = await call("workspaces.createWorkspace", { name: path.basename(process.argv[1]) }, process.env.UNKEY_ROOT_KEY);

/** Every method of the SDK, such as `keys.verifyKey`. */
export function methods() {
  const members = (value) => Object.getOwnPropertyNames(Object.getPrototypeOf(value)).filter((name) => name !== "constructor");
  const sdk = new Unkey({ serverURL, rootKey });
  return members(sdk).flatMap((group) => members(sdk[group]).map((name) => `${group}.${name}`));
}

const succeeded = new Set();

/** A client that does not retry and fails a call whose answer has a member that the SDK does not know. */
export function client(options = {}) {
  const onTheWire = new Map();
  const httpClient = new HTTPClient().addHook("response", async (response) => {
    if (response.status === 200) {
      const body = await response.clone().json();
      onTheWire.set(body.meta.requestId, body);
    }
  });
  const sdk = new Unkey({ serverURL, rootKey, httpClient, retryConfig: { strategy: "none" }, timeoutMs: 20_000, ...options });
  const check = (answer) => {
    const known = answer.result ?? answer;
    assert.deepEqual(known, onTheWire.get(known.meta.requestId), "the SDK dropped a part of the answer");
    onTheWire.delete(known.meta.requestId);
  };
  for (const method of methods()) {
    const [group, name] = method.split(".");
    const send = sdk[group][name].bind(sdk[group]);
    sdk[group][name] = async (...parameters) => {
      const answer = await send(...parameters);
      check(answer);
      succeeded.add(method);
      return answer;
    };
  }
  return sdk;
}

export const unkey = client();

/** A client whose root key has these permissions and no others. */
export async function clientWith(...permissions) {
  const { key } = await call("rootKeys.createRootKey", { name: "of a test", permissions });
  return client({ rootKey: key });
}

/** The tests of one method of the SDK. Without an answer 200 from it in any of them the block fails. */
export function method(name, tests) {
  describe(name, () => {
    before(() => succeeded.delete(name));
    tests();
    after(() => assert.ok(succeeded.has(name), `no test of ${name} has called it with success`));
  });
}

/** Asserts that a call is refused, and how; returns the error of the answer. */
export async function refused(promise, status, code, type = TYPED[status]) {
  const thrown = await promise.then(
    (answer) => assert.fail(`${status} was wanted, but: ${JSON.stringify(answer.result ?? answer)}`),
    (error) => error,
  );
  assert.ok(thrown instanceof errors.UnkeyError, thrown);
  const { meta, error } = JSON.parse(thrown.body);
  assert.deepEqual([thrown.statusCode, error.status, error.type], [status, status, DOCUMENTATION + code]);
  assert.equal(thrown.constructor.name, type.name);
  assert.match(meta.requestId, /^req_[a-zA-Z0-9]+$/);
  return error;
}

/** Follows the SDK's own iterator to the end; the pages, each a list of rows. */
export async function pages(list) {
  const all = [];
  for await (const { result } of await list) {
    const { hasMore, cursor } = result.pagination;
    assert.equal(cursor !== undefined, hasMore);
    assert.ok(all.length < 100, "the iterator does not end");
    all.push(result.data);
  }
  return all;
}

/** Makes a text that no other call has made. */
export const unique = (prefix) => `${prefix}_${Math.random().toString(36).slice(2, 12)}`;

/** Makes an API. */
export const createApi = async (settings = {}) => {
  const { apiId } = (await unkey.apis.createApi({ name: unique("api") })).data;
  if (Object.keys(settings).length > 0) {
    await call("apis.updateApi", { apiId, ...settings });
  }
  return apiId;
};

/** Makes a key: its `keyId` and `key`. */
export const createKey = async (apiId, members = {}) => (await unkey.keys.createKey({ apiId, ...members })).data;

export const getKey = async (keyId) => (await unkey.keys.getKey({ keyId })).data;

export const verify = async (key, members = {}) => (await unkey.keys.verifyKey({ key, ...members })).data;

/** Asserts that a time lies between the first and now. */
export const assertNow = (timeMs, sinceMs) =>
  assert.ok(timeMs >= sinceMs && timeMs <= Date.now(), `${timeMs} is not between ${sinceMs} and now`);

/** Rows without the ids that the server has made. */
export const withoutIds = (rows) => rows.map(({ id, ...rest }) => (assert.match(id, /^[a-z]+_[a-zA-Z0-9]+$/), rest));
