// ratelimit.* through the official SDK, and @unkey/ratelimit, which brings an older version of the SDK with it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NoopRatelimit, Overrides, Ratelimit } from "@unkey/ratelimit";
import { clientWith, method, pages, refused, rootKey, serverURL, unique, unkey } from "./support.mjs";

const MINUTE = 60_000;
const NO_NAMESPACE = [404, "unkey/data/ratelimit_namespace_not_found"];
const NO_OVERRIDE = [404, "unkey/data/ratelimit_override_not_found"];

const limit = async (members) => (await unkey.ratelimit.limit({ identifier: "user_1", limit: 100, duration: MINUTE, ...members })).data;
const createNamespace = async (name = unique("namespace")) => (await limit({ namespace: name, identifier: "maker" }), name);
const setOverride = async (members) =>
  (await unkey.ratelimit.setOverride({ limit: 200, duration: 2 * MINUTE, ...members })).data.overrideId;
const getOverride = async (namespace, identifier) => (await unkey.ratelimit.getOverride({ namespace, identifier })).data;
const assertReset = (reset, sentMs, durationMs) =>
  assert.ok(Number.isInteger(reset) && reset > sentMs && reset <= Date.now() + durationMs, `reset ${reset}, sent ${sentMs}`);

method("ratelimit.limit", () => {
  test("counts by identifier and cost; the name makes the namespace", async () => {
    const namespace = unique("Ünïcode / namespace 🎉");
    const sent = Date.now();
    const { reset, ...first } = await limit({ namespace });
    assertReset(reset, sent, MINUTE);
    assert.deepEqual(first, { success: true, limit: 100, remaining: 99 });
    assert.equal((await limit({ namespace, cost: 5 })).remaining, 94);
    assert.equal((await limit({ namespace, identifier: "user_2" })).remaining, 99);
    assert.equal((await limit({ namespace, cost: 0 })).remaining, 94);
  });

  test("a denial is an answer, and says when the same request would pass", async () => {
    const request = { namespace: unique("namespace"), limit: 1, duration: MINUTE };
    assert.equal((await limit(request)).success, true);
    const sent = Date.now();
    const { reset, ...denied } = await limit(request);
    assert.deepEqual(denied, { success: false, limit: 1, remaining: 0 });
    assertReset(reset, sent, MINUTE);
  });

  test("what is asked must make sense and be allowed", async () => {
    const namespace = unique("namespace");
    await refused(limit({ namespace, duration: 999 }), 400, "unkey/application/invalid_input");
    await refused(limit({ namespace, limit: 0 }), 400, "unkey/application/invalid_input");
    const limiter = await clientWith("ratelimit.*.limit");
    const request = { namespace, identifier: "x", limit: 1, duration: MINUTE };
    const error = await refused(limiter.ratelimit.limit(request), 403, "unkey/authorization/insufficient_permissions");
    assert.match(error.detail, /create_namespace/);
    await createNamespace(namespace);
    assert.equal((await limiter.ratelimit.limit(request)).data.success, true);
  });
});

method("ratelimit.multiLimit", () => {
  const multi = async (...checks) => (await unkey.ratelimit.multiLimit(checks)).data;
  const check = (namespace, limit, cost) => ({ namespace, identifier: "user_1", limit, duration: MINUTE, cost });

  test("all of them pass, in the order of the request", async () => {
    const names = [unique("a"), unique("b"), unique("c")];
    const sent = Date.now();
    const { passed, limits } = await multi(check(names[0], 100), check(names[1], 50, 3), check(names[2], 200, 10));
    limits.forEach(({ reset }) => assertReset(reset, sent, MINUTE));
    assert.equal(passed, true);
    assert.deepEqual(
      limits.map(({ reset, ...rest }) => rest),
      [
        { namespace: names[0], identifier: "user_1", limit: 100, remaining: 99, passed: true },
        { namespace: names[1], identifier: "user_1", limit: 50, remaining: 47, passed: true },
        { namespace: names[2], identifier: "user_1", limit: 200, remaining: 190, passed: true },
      ],
    );
  });

  test("one that fails takes all of them back", async () => {
    const [open, used] = [unique("open"), unique("used")];
    await multi(check(used, 1));
    const { passed, limits } = await multi(check(open, 10), check(used, 1));
    assert.deepEqual([passed, limits.map((one) => one.passed), limits[1].remaining], [false, [true, false], 0]);
    assert.equal((await multi(check(open, 10))).limits[0].remaining, 9);
  });

  test("overrides count, and none or too many checks are refused", async () => {
    const namespace = await createNamespace();
    const overrideId = await setOverride({ namespace, identifier: "user_1", limit: 3 });
    const [one] = (await multi(check(namespace, 100))).limits;
    assert.deepEqual([one.limit, one.remaining, one.overrideId], [3, 2, overrideId]);
    await refused(multi(), 400, "unkey/application/invalid_input");
    await refused(multi(...Array.from({ length: 101 }, () => check(namespace, 1))), 400, "unkey/application/invalid_input");
  });
});

method("ratelimit.setOverride", () => {
  test("replaces limit and duration of what it matches; set again it keeps its id", async () => {
    const namespace = await createNamespace();
    const overrideId = await setOverride({ namespace, identifier: "user_1" });
    assert.match(overrideId, /^rlor_[a-zA-Z0-9]+$/);
    const sent = Date.now();
    const { reset, ...applied } = await limit({ namespace });
    assertReset(reset, sent, 2 * MINUTE);
    assert.deepEqual(applied, { success: true, limit: 200, remaining: 199, overrideId });
    assert.equal(await setOverride({ namespace, identifier: "user_1", limit: 3, duration: 5000 }), overrideId);
    assert.deepEqual(await getOverride(namespace, "user_1"), { overrideId, identifier: "user_1", limit: 3, duration: 5000 });
    assert.equal((await limit({ namespace, identifier: "user_2" })).overrideId, undefined);
  });

  test("zero blocks; the namespace must exist", async () => {
    const namespace = await createNamespace();
    await setOverride({ namespace, identifier: "blocked", limit: 0 });
    assert.equal((await limit({ namespace, identifier: "blocked" })).success, false);
    await refused(setOverride({ namespace: unique("none"), identifier: "x" }), ...NO_NAMESPACE);
    const limiter = await clientWith("ratelimit.*.limit");
    const request = { namespace, identifier: "x", limit: 1, duration: MINUTE };
    await refused(limiter.ratelimit.setOverride(request), 403, "unkey/authorization/insufficient_permissions");
  });
});

method("ratelimit.getOverride", () => {
  test("answers which override would apply", async () => {
    const namespace = await createNamespace();
    const overrideId = await setOverride({ namespace, identifier: "*@example.com", limit: 5 });
    const override = { overrideId, identifier: "*@example.com", limit: 5, duration: 2 * MINUTE };
    assert.deepEqual(await getOverride(namespace, "somebody@example.com"), override);
    assert.equal((await limit({ namespace, identifier: "somebody@example.com" })).limit, 5);
    await refused(getOverride(namespace, "somebody@example.org"), ...NO_OVERRIDE);
    await refused(getOverride(unique("none"), "x"), ...NO_NAMESPACE);
  });
});

method("ratelimit.listOverrides", () => {
  test("the iterator ends with every override once, in the order of the ids", async () => {
    const namespace = await createNamespace();
    assert.deepEqual(await pages(unkey.ratelimit.listOverrides({ namespace })), [[]]);
    const made = [];
    for (let i = 0; i < 5; i++) {
      const identifier = `user_${i}`;
      made.push({ overrideId: await setOverride({ namespace, identifier, limit: i }), identifier, limit: i, duration: 2 * MINUTE });
    }

    const listed = await pages(unkey.ratelimit.listOverrides({ namespace, limit: 2 }));
    assert.deepEqual(listed.map((page) => page.length), [2, 2, 1]);
    assert.deepEqual(listed.flat(), made.sort((a, b) => (a.overrideId < b.overrideId ? -1 : 1)));
    await refused(unkey.ratelimit.listOverrides({ namespace, limit: 101 }), 400, "unkey/application/invalid_input");
  });
});

method("ratelimit.deleteOverride", () => {
  test("takes the override of exactly this text away, until it is set again", async () => {
    const namespace = await createNamespace();
    const overrideId = await setOverride({ namespace, identifier: "user_*" });
    const remove = async (identifier) => (await unkey.ratelimit.deleteOverride({ namespace, identifier })).data;
    await refused(remove("user_1"), ...NO_OVERRIDE);
    assert.deepEqual(await remove("user_*"), {});
    await refused(remove("user_*"), ...NO_OVERRIDE);
    assert.deepEqual([(await limit({ namespace })).limit, await pages(unkey.ratelimit.listOverrides({ namespace }))], [100, [[]]]);
    assert.equal(await setOverride({ namespace, identifier: "user_*", limit: 7 }), overrideId);
    assert.equal((await limit({ namespace })).limit, 7);
  });
});

describe("@unkey/ratelimit", () => {
  const make = (options = {}) =>
    new Ratelimit({ rootKey, baseUrl: serverURL, namespace: unique("package"), limit: 2, duration: "60s", ...options });

  test("limits, and remembers a denial until its reset without asking again", async () => {
    let asked = 0;
    const realFetch = globalThis.fetch;
    globalThis.fetch = (...parameters) => (asked++, realFetch(...parameters));
    try {
      const sent = Date.now();
      const limiter = make();
      const answers = [];
      for (let i = 0; i < 4; i++) {
        answers.push(await limiter.limit("user_1"));
      }

      assert.deepEqual(answers.map((answer) => answer.success), [true, true, false, false]);
      assert.deepEqual(answers.map((answer) => answer.remaining), [1, 0, 0, 0]);
      assertReset(answers[2].reset, sent, MINUTE);
      assert.equal(answers[3].reset, answers[2].reset);
      assert.equal(asked, 3);
    } finally {
      globalThis.fetch = realFetch;
    }
  });

  test("a denial is over when its reset has come", async () => {
    const limiter = make({ limit: 1, duration: "1s" });
    assert.equal((await limiter.limit("user_1")).success, true);
    const { success, reset } = await limiter.limit("user_1");
    assert.equal(success, false);
    await new Promise((done) => setTimeout(done, reset - Date.now() + 20));
    assert.equal((await limiter.limit("user_1")).success, true);
  });

  test("cost and limit may change for one call", async () => {
    const limiter = make({ limit: 10 });
    assert.equal((await limiter.limit("user_1", { cost: 4 })).remaining, 6);
    const changed = await limiter.limit("user_2", { limit: { limit: 3, duration: "1h" } });
    assert.deepEqual([changed.limit, changed.remaining], [3, 2]);
  });

  test("an error is thrown, or handed to onError", async () => {
    await assert.rejects(make({ duration: 10 }).limit("user_1"), (error) => error.statusCode === 400);
    const fallback = { success: true, limit: 0, remaining: 0, reset: 0 };
    let told;
    const limiter = make({ rootKey: "bad", onError: (error, identifier) => ((told = [error.message, identifier]), fallback) });
    assert.deepEqual(await limiter.limit("user_1"), fallback);
    assert.match(told[0], /authentication\/key_not_found/);
    assert.equal(told[1], "user_1");
  });

  test("its overrides", async () => {
    const overrides = new Overrides({ rootKey, baseUrl: serverURL });
    const namespace = await createNamespace();
    const { overrideId } = (await overrides.setOverride({ namespace, identifier: "user_1", limit: 5, duration: MINUTE })).data;
    const override = { overrideId, identifier: "user_1", limit: 5, duration: MINUTE };
    assert.deepEqual((await overrides.getOverride({ namespace, identifier: "user_1" })).data, override);
    assert.deepEqual((await overrides.listOverrides({ namespace })).data, [override]);
    assert.deepEqual((await make({ namespace }).limit("user_1")).limit, 5);
    assert.deepEqual((await overrides.deleteOverride({ namespace, identifier: "user_1" })).data, {});
    await assert.rejects(overrides.getOverride({ namespace, identifier: "user_1" }), (error) => error.statusCode === 404);
  });

  test("the limiter that does nothing asks nobody", async () => {
    assert.equal((await new NoopRatelimit().limit("user_1")).success, true);
  });
});
