// Plays the conversations of tests/exchange with the modules of both toolchains, through the
// file of the shim that knows linear memory. tests/exchange/README.md describes their form.

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { assembled, clock, isQuestion, modules, newCore, randomBytes, root, text, useClock } from "./modules.js";

const folder = new URL("tests/exchange/", root);
const files = readdirSync(folder).filter((name) => name.endsWith(".md") && name !== "README.md");

useClock();

describe.each(Object.entries(modules))("%s", (_, module) => {
  describe.each(files)("%s", (file) => {
    for (const conversation of readConversations(readFileSync(new URL(file, folder), "utf8"))) {
      test(conversation.heading, () => {
        const written = play(module, conversation, "as written");
        if (!conversation.lines.some(({ word, kind }) => word === ">" && kind === "upstream_bytes")) return;
        for (const cuts of ["one byte at a time", "all at once"])
          expect(play(module, conversation, cuts), cuts).toEqual(written);
      });
    }
  });
});

/**
 * @typedef {{word: string, kind: string, rest: string, text: string}} Line
 * @typedef {{heading: string, config: any, request: any, lines: Line[]}} Conversation
 * @param {string} markdown
 * @returns {Conversation[]}
 */
function readConversations(markdown) {
  /** @type {Conversation[]} */
  const conversations = [];
  /** @type {Record<string, any>} */
  const defaults = { config: {}, request: {} };
  let fence;
  for (const line of markdown.split("\n")) {
    if (line.startsWith("```")) fence = fence === undefined ? line.slice(3) : undefined;
    else if (fence === undefined && line.startsWith("## "))
      conversations.push({ heading: line.slice(3), config: defaults.config, request: defaults.request, lines: [] });
    else if (fence) defaults[fence] = { ...defaults[fence], ...JSON.parse(line) };
    else if (fence === "" && line) conversations.at(-1)?.lines.push(parseLine(line));
  }
  return conversations;
}

/** @param {string} line @returns {Line} */
function parseLine(line) {
  const [word, after] = cutWord(line);
  const [kind, rest] = "><!".includes(word) ? cutWord(after) : ["", after];
  return { word, kind, rest, text: line };
}

/** @param {string} line */
function cutWord(line) {
  const end = line.indexOf(" ");
  return end < 0 ? [line, ""] : [line.slice(0, end), line.slice(end + 1)];
}

/**
 * Plays one conversation to its end; answers what each exchange sent and how the log told it.
 * @param {WebAssembly.Module} module
 * @param {Conversation} conversation
 * @param {string} cuts
 */
function play(module, conversation, cuts) {
  const checks = cuts === "as written";
  const core = newCore(module);
  let config = conversation.config;
  for (const { word, text } of conversation.lines)
    if (word === "config") config = merged(config, JSON.parse(text.slice("config ".length)));
  /** @type {Record<string, number>} */
  const handles = {};
  /** @type {Record<string, {sent: string, ending: unknown[]}>} */
  const outcomes = {};
  /** @type {{kind: string, payload: any}[]} */
  let whole = [];
  let list = whole; // what of it is still to be expected
  let name = "";
  let number = 0;
  let body = Buffer.alloc(0);
  let held = Buffer.alloc(0);

  /** @param {string} kind @param {unknown} head @param {Uint8Array} [bytes] */
  function handle(kind, head, bytes) {
    handles[name] ??= core.open(config);
    whole = core.handle(handles[name], { kind, head, bytes });
    list = [...whole];
    const outcome = (outcomes[name] ??= { sent: "", ending: [] });
    list.forEach((action, at) => {
      if (isQuestion(action.kind)) expect(at, `${action.kind} is the last`).toBe(list.length - 1);
      if (action.kind === "send") outcome.sent += binary(action.payload);
      if (action.kind === "forward") outcome.sent += binary(bytes ?? new Uint8Array());
      if (action.kind === "log") outcome.ending.push({ ...JSON.parse(text(action.payload)), ...timeless });
    });
  }

  function flush() {
    if (held.length) handle("upstream_bytes", undefined, held);
    held = Buffer.alloc(0);
  }

  /** @param {string} wanted */
  const skipUnnamed = (wanted) => {
    while (list.length && list[0].kind !== wanted && ["log", "schedule"].includes(list[0].kind)) list.shift();
  };

  function endList() {
    if (!checks) return;
    skipUnnamed("");
    expect(list.map(({ kind, payload }) => `${kind} ${text(payload)}`), "the list ends here").toEqual([]);
  }

  /** @param {Line} line */
  function takeEvent({ kind, rest }) {
    if (kind === "request") return handle(kind, requestHead(conversation.request, rest), randomBytes(number++));
    if (kind === "trapped")
      return handle(kind, { ...JSON.parse(rest), request: conversation.request }, randomBytes(number++));
    if (kind === "tick") return handle(kind, undefined, randomBytes(number++));
    if (["failed", "upstream_head", "record"].includes(kind)) return handle(kind, JSON.parse(rest));
    const bytes = unescaped(rest);
    if (kind === "body") body = bytes;
    if (kind !== "upstream_bytes" || cuts !== "one byte at a time") return handle(kind, undefined, bytes);
    for (const byte of bytes) handle(kind, undefined, Buffer.from([byte]));
  }

  /** @param {Line} line */
  function expectAction({ kind, rest }) {
    if (kind === "nothing") return endList();
    skipUnnamed(kind);
    const actual = list.shift();
    expect(actual?.kind).toBe(kind);
    if (actual && rest && kind !== "forward") expectPayload(rest, actual);
  }

  for (const line of conversation.lines) {
    try {
      if (line.word === ">") {
        if (cuts === "all at once" && line.kind === "upstream_bytes") {
          held = Buffer.concat([held, unescaped(line.rest)]);
          continue;
        }
        flush();
        endList();
        takeEvent(line);
      } else if (line.word === "exchange") {
        flush();
        endList();
        name = line.rest;
      } else if (line.word === "at") {
        clock.nowMs += Number(line.rest);
      } else if (checks && line.word === "<") {
        expectAction(line);
      } else if (checks && line.word === "=") {
        const fetch = whole.find(({ kind }) => kind === "fetch");
        expect(binary(assembled(/** @type {any} */ (fetch).payload, body))).toBe(binary(unescaped(line.rest)));
      } else if (checks && line.word === "!") {
        expect(whole.map(({ kind }) => kind)).not.toContain(line.kind);
      }
    } catch (cause) {
      if (cause instanceof Error) cause.message += `\nin: ${line.text}`;
      throw cause;
    }
  }
  flush();
  endList();
  return outcomes;
}

// Times depend on where the clock moved.
const timeless = { total_ms: 0, first_byte_ms: 0, head_ms: 0 };

/** @param {Uint8Array} bytes */
const binary = (bytes) => Buffer.from(bytes).toString("latin1");

/** @param {string} text */
const isRegex = (text) => text.length > 2 && text.startsWith("/") && text.endsWith("/");
/** @param {string} text */
const regex = (text) => new RegExp(text.slice(1, -1));

/** @param {any} under @param {any} over */
function merged(under, over) {
  if (over === null || typeof over !== "object" || Array.isArray(over)) return over;
  const result = { ...(typeof under === "object" ? under : {}) };
  for (const [name, value] of Object.entries(over))
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  return result;
}

/** @param {any} head @param {string} rest */
function requestHead(head, rest) {
  if (rest && !rest.startsWith("{")) {
    const [method, after] = cutWord(rest);
    const [url, members] = cutWord(after);
    head = { ...head, method, url: url.startsWith("/") ? `http://gateway.example${url}` : url };
    rest = members;
  }
  return rest ? merged(head, JSON.parse(rest)) : head;
}

/** @param {string} line */
function unescaped(line) {
  /** @type {Buffer[]} */
  const parts = [];
  for (const [part] of line.matchAll(/\\x[0-9a-fA-F]{2}|\\[nrt\\]|[^\\]+|\\/g)) {
    if (part.startsWith("\\x") && part.length === 4) parts.push(Buffer.from(part.slice(2), "hex"));
    else if (part.length === 2 && part.startsWith("\\"))
      parts.push(Buffer.from({ n: "\n", r: "\r", t: "\t", "\\": "\\" }[part[1]] ?? part));
    else parts.push(Buffer.from(part));
  }
  return Buffer.concat(parts);
}

/** @param {string} wanted @param {{kind: string, payload: any}} actual */
function expectPayload(wanted, { kind, payload }) {
  if (isRegex(wanted)) return expect(text(payload)).toMatch(regex(wanted));
  if (kind === "send" && !wanted.startsWith("{")) return expect(binary(payload)).toBe(binary(unescaped(wanted)));
  // A head and a JSON text behind it are taken as one object.
  const documents = text(payload).split("\n").filter(Boolean).map((line) => JSON.parse(line));
  expectDocument(JSON.parse(wanted), documents.length > 1 ? Object.assign({}, ...documents) : documents[0], kind);
}

/** @param {any} wanted @param {any} actual @param {string} place */
function expectDocument(wanted, actual, place) {
  if (Array.isArray(wanted) && Array.isArray(actual)) {
    expect(actual.length, place).toBe(wanted.length);
    wanted.forEach((value, at) => expectDocument(value, actual[at], `${place}[${at}]`));
  } else if (wanted && typeof wanted === "object") {
    for (const [name, value] of Object.entries(wanted)) {
      if (name.startsWith("!")) expect(actual, place).not.toHaveProperty([name.slice(1)]);
      else {
        expect(actual, place).toHaveProperty([name]);
        expectDocument(value, actual[name], `${place}.${name}`);
      }
    }
  } else if (typeof wanted === "string" && isRegex(wanted)) {
    expect(actual, place).toMatch(regex(wanted));
  } else {
    expect(actual, place).toEqual(wanted);
  }
}
