// Plays tests/vectors/authentication.json with the modules of both toolchains; the id of each case
// is the beginning of its test's name. tests/vectors/README.md describes the cases.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { modules, newCore, randomBytes, root, text, useClock } from "./modules.js";

const vectors = JSON.parse(readFileSync(new URL("tests/vectors/authentication.json", root), "utf8"));

useClock();

describe.each(Object.entries(modules))("%s", (_, module) => {
  for (const one of vectors.cases) {
    test(`${one.id}: ${one.name}`, () => {
      const core = newCore(module);
      for (const request of one.requests) {
        const env = expandedMembers(request.env ?? one.env, vectors.keys);
        for (let round = 0; round < (request.times ?? 1); ++round) {
          const words = { ...vectors.keys, n: String(round) };
          check(request.expect, answerOf(core, env, requestHead(request, words), request.body ?? ""));
        }
      }
    });
  }
});

/**
 * Placeholders are replaced from the inside out.
 * @param {string} given
 * @param {Record<string, string>} words
 */
function expanded(given, words) {
  /** @param {string} inner */
  const valueOf = (inner) => {
    if (inner in words) return words[inner];
    const [, name, rest] = /^(sha256|SHA256|repeat):(.*)$/s.exec(inner) ?? [];
    if (name === "repeat") {
      const colon = rest.indexOf(":");
      return rest.slice(colon + 1).repeat(Number(rest.slice(0, colon)));
    }
    const digest = name && createHash("sha256").update(rest).digest("hex");
    return name === "SHA256" ? digest?.toUpperCase() : digest;
  };
  const open = [""];
  for (const character of given) {
    if (character === "{") open.push("");
    else if (character === "}" && open.length > 1) {
      const inner = /** @type {string} */ (open.pop());
      open[open.length - 1] += valueOf(inner) ?? `{${inner}}`;
    } else open[open.length - 1] += character;
  }
  return open.join("{");
}

/** @param {Record<string, string>} members @param {Record<string, string>} words */
const expandedMembers = (members, words) =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, expanded(value, words)]));

/** @param {any} request @param {Record<string, string>} words */
function requestHead(request, words) {
  /** @type {Record<string, string>} */
  const headers = {};
  for (const [name, value] of request.headers) {
    const at = name.toLowerCase();
    headers[at] = (at in headers ? `${headers[at]}, ` : "") + expanded(value, words);
  }
  return { method: request.method, url: new URL(expanded(request.url, words)).href, headers };
}

/**
 * @param {import("../../worker/core.js").Core} core
 * @param {Record<string, string>} env
 * @param {unknown} head
 * @param {string} body
 */
function answerOf(core, env, head, body) {
  const exchange = core.open(env);
  /** @type {Record<string, import("../../worker/core.js").CoreEvent>} */
  const answers = {
    locate: { kind: "located", head: { client_ip: "192.0.2.1", connecting_ip: null, limiter: false } },
  };
  /** @type {Record<string, unknown>} */
  const records = { add: true, report: { since: null, rows: [] }, find: null };
  /** @param {{payload: any}} question */
  const received = ({ payload }) =>
    Buffer.byteLength(body) > JSON.parse(text(payload)).bytes_max
      ? { kind: "failed", head: { reason: "too_large" } }
      : { kind: "body", bytes: Buffer.from(body) };
  /** @type {import("../../worker/core.js").CoreEvent | undefined} */
  let event = { kind: "request", head, bytes: randomBytes() };
  let list;
  do {
    list = core.handle(exchange, event);
    const last = list.at(-1);
    event = last?.kind === "receive" ? received(last) : answers[last?.kind ?? ""];
    if (last?.kind === "call") event = { kind: "record", head: [records[JSON.parse(text(last.payload).split("\n")[0]).method]] };
  } while (event);
  core.close(exchange);
  return list;
}

/** @param {any} wanted @param {{kind: string, payload: any}[]} list */
function check(wanted, list) {
  const respond = list.find(({ kind }) => kind === "respond");
  expect(respond, "an answer").toBeDefined();
  const { status, headers } = JSON.parse(text(/** @type {any} */ (respond).payload));
  const send = list.find(({ kind }) => kind === "send");
  const body = send && JSON.parse(text(send.payload));
  if (wanted.status) expect(status).toBe(wanted.status);
  if (wanted.code) expect(body.error.code).toBe(wanted.code);
  if (wanted.message) expect(body.error.message).toBe(wanted.message);
  for (const [name, value] of Object.entries(wanted.body ?? {})) expect(body[name], name).toEqual(value);
  if (wanted.label !== undefined) expect(body.label).toBe(wanted.label);
  if (wanted.key_id !== undefined) expect(body.key_id).toBe(wanted.key_id);
  if (wanted.challenge) expect(headers["www-authenticate"]).toBe(wanted.challenge);
  for (const [name, pattern] of Object.entries(wanted.headers ?? {}))
    expect(headers[name.toLowerCase()], name).toMatch(new RegExp(`^(?:${pattern})$`, "s"));
  for (const name of wanted.absent_headers ?? []) expect(headers).not.toHaveProperty([name.toLowerCase()]);
}
