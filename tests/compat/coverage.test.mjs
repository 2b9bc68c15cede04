// Every method of the SDK has a block of tests, or a reason why not.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { methods, rootKey, serverURL } from "./support.mjs";

// Left out are whole groups, each while the server answers none of its methods, and single methods.
const LEFT_OUT = {
  "analytics.getGatewayRequests": "hosting of applications",
  "analytics.getRuntimeLogs": "hosting of applications",
  apps: "hosting of applications",
  deployments: "hosting of applications",
  domains: "hosting of applications",
  environments: "hosting of applications",
  gateway: "hosting of applications",
  github: "hosting of applications",
  internal: "hosting of applications",
  portal: "pages for the customer's own users",
  projects: "hosting of applications",
};

const groupOf = (method) => method.split(".")[0];
const isLeftOut = (method) => method in LEFT_OUT || groupOf(method) in LEFT_OUT;

// The one group whose paths have another name.
const pathOf = (method) => `/v2/${method.replace(/^internal\./, "deploy.")}`;

const here = new URL(".", import.meta.url);
const tested = [];
for (const file of (await readdir(here)).filter((name) => name.endsWith(".test.mjs"))) {
  const text = await readFile(new URL(file, here), "utf8");
  tested.push(...[...text.matchAll(/^method\("([^"]+)"/gm)].map((match) => match[1]));
}

test("no method is left out without a reason", () => {
  const wanted = methods().filter((method) => !isLeftOut(method));
  assert.deepEqual(tested.sort(), wanted.sort());
});

test("what is left out exists and is not served", async () => {
  const names = new Set(methods().flatMap((name) => [name, groupOf(name)]));
  assert.deepEqual(Object.keys(LEFT_OUT).filter((name) => !names.has(name)), []);
  for (const method of methods().filter(isLeftOut)) {
    const headers = { authorization: `Bearer ${rootKey}`, "content-type": "application/json" };
    const { status } = await fetch(serverURL + pathOf(method), { method: "POST", headers, body: "{}" });
    assert.equal(status, 404, `${method} is served now: it needs tests`);
  }
});
