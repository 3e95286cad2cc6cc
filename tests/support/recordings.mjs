// The recorded traffic with real providers: what was asked and what was answered, with the framing
// that the provider uses. Found through the variable TRANSCRIPTS or beside the project.

import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { root } from "../../scripts/workerd.mjs";

/**
 * @typedef {object} Exchange
 * @property {number} at        its place in the list
 * @property {string} file      of the response, relative to the folder
 * @property {string} provider  as the index calls it
 * @property {string} surface   likewise
 * @property {boolean} stream
 * @property {any} request      the body that was sent, where it was recorded
 * @property {number} status
 * @property {[string, string][]} headers  those of the answer that mean something to a client
 * @property {Buffer} body
 */

const place = process.env.TRANSCRIPTS || path.join(root, "../shared/transcripts");

/** The folder, or undefined when this checkout has none. */
export const folder = fs.existsSync(path.join(place, "index.json")) ? place : undefined;

/** Surfaces that the gateway offers in no form. */
const notOurs = new Set(["interactions", "models", "invoke", "ollama-chat", "ollama-generate"]);

/** Headers of answers that are looked at; others are the transport's business. */
const told = /^(content-type|retry-after|retry-after-ms|x-should-retry|x-amzn-errortype|x-amzn-requestid|request-id|x-request-id)$/;

/** @returns {Exchange[]} */
export function loadExchanges() {
  if (!folder) return [];
  const index = JSON.parse(fs.readFileSync(path.join(folder, "index.json"), "utf8"));
  return index.exchanges
    .filter((/** @type {any} */ one) => !notOurs.has(one.surface))
    .map((/** @type {any} */ one, /** @type {number} */ at) => load(one, at));
}

/**
 * @param {any} entry
 * @param {number} at
 * @returns {Exchange}
 */
function load(entry, at) {
  const file = entry.files.response;
  const recorded = fs.readFileSync(path.join(/** @type {string} */ (folder), file));
  const request = entry.files.request && JSON.parse(fs.readFileSync(path.join(/** @type {string} */ (folder), entry.files.request), "utf8"));
  // One stream of Bedrock lost its content type at the source, and with it its kind.
  const frames = file.endsWith(".eventstream") || /converse-stream/.test(entry.url) && file.endsWith(".txt");
  const body = file.endsWith(".payloads.jsonl") ? framed(entry.surface, entry.provider, payloads(recorded)) : recorded;
  const stream = entry.kind.includes("stream") || frames;
  const status = entry.status ?? statusOf(body);
  /** @type {[string, string][]} */
  const headers = Object.entries(entry.response_headers).filter(([name]) => told.test(name)).map(([name, value]) => [name, String(value)]);
  if (!headers.some(([name]) => name === "content-type")) headers.push(["content-type", contentType(file, entry.surface, frames)]);
  return { at, file, provider: entry.provider, surface: entry.surface, stream, request, status, headers, body };
}

/** @param {Buffer} recorded */
const payloads = (recorded) => recorded.toString().split("\n").filter((line) => line.trim());

/**
 * Of an exchange whose status was not kept: that of its error, where it is one.
 * @param {Buffer} body
 */
function statusOf(body) {
  let error;
  try {
    error = JSON.parse(body.toString()).error;
  } catch {
    return 200;
  }
  if (!error || error.message === undefined) return 200;
  if (Number.isInteger(error.code) && error.code >= 400) return error.code;
  return error.code === "insufficient_quota" ? 429 : 400;
}

/**
 * @param {string} file
 * @param {string} surface
 * @param {boolean} frames
 */
function contentType(file, surface, frames) {
  if (frames || (surface === "converse" && file.endsWith(".payloads.jsonl"))) return "application/vnd.amazon.eventstream";
  if (/\.sse$|\.payloads\.jsonl$/.test(file)) return "text/event-stream";
  return file.endsWith(".json") ? "application/json" : "text/plain";
}

// --- Framing that the source did not keep ----------------------------------------------------

/**
 * @param {string} surface
 * @param {string} provider
 * @param {string[]} lines  the payloads
 */
function framed(surface, provider, lines) {
  const named = (/** @type {string} */ line) => `event: ${JSON.parse(line).type}\ndata: ${line}\n\n`;
  switch (surface) {
    case "converse":
      return Buffer.concat(lines.map((line) => {
        const [[type, payload]] = Object.entries(JSON.parse(line));
        return awsFrame(type, JSON.stringify(payload));
      }));
    case "generateContent":
      return Buffer.from(lines.map((line) => `data: ${line}\r\n\r\n`).join(""));
    case "messages":
    case "responses":
      return Buffer.from(lines.map(named).join(""));
    case "cohere-chat":
      return Buffer.from(`${lines.map(named).join("")}data: [DONE]\n\n`);
    default:
      // Perplexity ends without a mark.
      return Buffer.from(lines.map((line) => `data: ${line}\n\n`).join("") + (provider === "perplexity" ? "" : "data: [DONE]\n\n"));
  }
}

/**
 * One frame of an AWS event stream: lengths, headers, payload, each part under a CRC-32.
 * @param {string} type
 * @param {string} payload
 * @param {"event" | "exception"} [message]
 */
export function awsFrame(type, payload, message = "event") {
  const header = (/** @type {string} */ name, /** @type {string} */ value) => {
    const size = Buffer.alloc(2);
    size.writeUInt16BE(Buffer.byteLength(value));
    return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([7]), size, Buffer.from(value)]);
  };
  const headers = Buffer.concat([
    header(`:${message}-type`, type),
    header(":content-type", "application/json"),
    header(":message-type", message),
  ]);
  const bytes = Buffer.alloc(16 + headers.length + Buffer.byteLength(payload));
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(headers.length, 4);
  bytes.writeUInt32BE(zlib.crc32(bytes.subarray(0, 8)), 8);
  headers.copy(bytes, 12);
  bytes.write(payload, 12 + headers.length);
  bytes.writeUInt32BE(zlib.crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}
