import { afterAll, describe, expect, test } from "vitest";
import { startGateway } from "../support/gateway.mjs";
import { expand, readVectors } from "../support/vectors.mjs";

// The cases of docs/authentication.md through real HTTP, one gateway for each set of variables.

const { keys, cases } = readVectors("authentication.json");

const groups = new Map();
for (const one of cases.filter((/** @type {any} */ each) => !each.native_only)) {
  const env = JSON.stringify(one.env);
  if (!groups.has(env)) groups.set(env, []);
  groups.get(env).push(one);
}

for (const [env, group] of groups) {
  describe(`the variables ${env.slice(0, 100)}`, () => {
    /** @type {Promise<import("../support/gateway.mjs").Gateway> | undefined} */
    let starting;
    const gateway = () => {
      const text = Object.entries(JSON.parse(env)).map(([name, value]) => [name, expand(String(value), keys)]);
      return (starting ??= startGateway({ env: Object.fromEntries(text) }));
    };
    afterAll(async () => (await starting)?.stop());

    for (const { id, name, requests } of group) {
      test(`${id}: ${name}`, async () => {
        for (const request of requests) {
          const times = request.times ?? 1;
          for (let round = 0; round < times; round += 50) {
            const together = Array.from({ length: Math.min(50, times - round) }, (_, at) => round + at);
            await Promise.all(together.map(async (one) => play(await gateway(), request, one)));
          }
        }
      });
    }
  });
}

/**
 * @param {import("../support/gateway.mjs").Gateway} gateway
 * @param {any} request
 * @param {number} round
 */
async function play(gateway, request, round) {
  const [, host, path] = expand(request.url, keys, round).match(/^http:\/\/([^/\\?#]*)(.*)$/s) ?? [];
  const headers = request.headers.map(([name, value]) => [name, expand(value, keys, round)]);
  // A request target begins with a slash, whatever the URL has in its place.
  const reply = await gateway.send({
    method: request.method,
    host,
    path: path.replace(/^[\\/]?/, "/"),
    headers,
    body: request.body,
    flood: round >= 100,
  });

  const { status, code, challenge, label, key_id: keyId, headers: wanted = {}, absent_headers: absent = [] } = request.expect;
  const shown = `${request.method} ${request.url} ${JSON.stringify(request.headers).slice(0, 300)}: ${reply.text.slice(0, 300)}`;
  if (status !== undefined) expect(reply.status, shown).toBe(status);
  if (code !== undefined) expect(reply.json.error.code, shown).toBe(code);
  if (request.expect.message !== undefined) expect(reply.json.error.message, shown).toBe(request.expect.message);
  for (const [member, value] of Object.entries(request.expect.body ?? {})) {
    expect(reply.json[member], `${member} of ${shown}`).toEqual(value);
  }
  if (challenge !== undefined) expect(reply.header("www-authenticate"), shown).toBe(challenge);
  if (label !== undefined) expect(reply.json.label, shown).toBe(label);
  if (keyId !== undefined) expect(reply.json.key_id, shown).toBe(keyId);
  for (const [name, pattern] of Object.entries(wanted)) {
    expect(reply.header(name), `${name} of ${shown}`).toMatch(new RegExp(`^(?:${pattern})$`));
  }
  for (const name of absent) expect(reply.header(name), `${name} of ${shown}`).toBeUndefined();
}
