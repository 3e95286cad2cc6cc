// Four providers that understand what they are asked, each in its own words: OpenAI's chat and
// responses, Anthropic's messages, Gemini's generateContent. What a model does is the last word of
// its name: `gpt-4o-tools` calls tools and, once it has their results, tells them.

import http from "node:http";
import { anthropic } from "./vendors/anthropic.mjs";
import { gemini } from "./vendors/gemini.mjs";
import { openaiChat } from "./vendors/openai_chat.mjs";
import { openaiResponses } from "./vendors/openai_responses.mjs";

/**
 * What a request says, in no provider's words.
 * @typedef {object} Asked
 * @property {string} model
 * @property {boolean} stream
 * @property {string} system
 * @property {string[]} user      texts of user turns
 * @property {{type: string, bytes: number}[]} images
 * @property {{id?: string, name?: string, text: string}[]} results  of tools, in order
 * @property {string[]} signatures  of the provider's own, on what the model said before
 * @property {string[]} tools
 * @property {string} [forced]    the tool that has to be called
 * @property {any} [schema]       that the answer has to follow
 *
 * @typedef {{id: string, name: string, args: object}} Call
 * @typedef {{text: string[], calls: Call[], finish: "stop" | "tool_calls"}} Answer
 *
 * @typedef {object} Vendor
 * @property {RegExp} path
 * @property {(body: any, path: string) => Asked} read
 * @property {(asked: Asked, answer: Answer) => object} whole
 * @property {(asked: Asked, answer: Answer) => string[]} events  all of a stream; the last ends it
 * @property {(status: number, message: string) => object} error
 *
 * @typedef {Asked & {vendor: string, path: string, headers: http.IncomingHttpHeaders, closed: boolean, gone: Promise<void>}} Heard
 */

/** @type {Vendor[]} */
const vendors = [openaiChat, openaiResponses, anthropic, gemini];

export const words = ["Hel", "lo", " wor", "ld", " 日本", " 😀"];
export const said = words.join("");

export const weather = { city: "Paris", degrees: 20 };

/** @type {Record<string, (asked: Asked) => Answer>} */
const scenes = {
  words: () => speech(words),
  tools: ({ results }) => (results.length < 2 ? calls : speech([results.map((one, at) => `${calls.calls[at].args.city}: ${numberIn(one.text)}`).join(", ")])),
  json: ({ schema, forced }) => (!schema && forced ? { text: [], calls: [{ id: "call_json", name: forced, args: weather }], finish: "tool_calls" } : speech([JSON.stringify(weather)])),
  image: ({ images }) => speech([images.map(({ type, bytes }) => `${type}, ${bytes} bytes`).join("; ")]),
  endless: () => speech(Array(2_000).fill("x ")),
  broken: () => speech(words),
};

/** @type {Record<string, [status: number, message: string]>} */
const failures = { limit: [429, "slow down"], missing: [404, "no such model"], refused: [401, "bad key"], bad: [400, "not like that"], busy: [503, "too busy"] };

/** @type {Answer & {calls: {args: any}[]}} */
const calls = {
  text: [],
  calls: [
    { id: "call_a", name: "get_weather", args: { city: "Paris" } },
    { id: "call_b", name: "get_weather", args: { city: "Rome" } },
  ],
  finish: "tool_calls",
};

/** @param {string[]} text @returns {Answer} */
const speech = (text) => ({ text, calls: [], finish: "stop" });

/** @param {string} text */
const numberIn = (text) => text.match(/\d+/)?.[0];

export async function startVendors() {
  /** @type {Heard[]} */
  const heard = [];
  const server = http.createServer(async (message, reply) => {
    const pieces = [];
    for await (const piece of message) pieces.push(piece);
    const path = decodeURIComponent(message.url ?? "");
    const vendor = vendors.find((one) => one.path.test(path));
    if (!vendor) return void reply.writeHead(404, { "content-type": "text/plain" }).end(`nothing is at ${path}`);
    const asked = vendor.read(JSON.parse(Buffer.concat(pieces).toString()), path);
    /** @type {Heard} */
    const one = { ...asked, vendor: path.split("/")[1], path, headers: message.headers, closed: false, gone: Promise.resolve() };
    one.gone = new Promise((resolve) => reply.on("close", () => {
      one.closed = !reply.writableFinished;
      resolve();
    }));
    heard.push(one);
    await answer(vendor, asked, reply);
  });
  server.on("clientError", (_, socket) => socket.destroy());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    heard,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve(undefined)));
    },
  };
}

/**
 * @param {Vendor} vendor
 * @param {Asked} asked
 * @param {http.ServerResponse} reply
 */
async function answer(vendor, asked, reply) {
  const scene = asked.model.split("-").at(-1) ?? "";
  if (failures[scene]) {
    const [status, text] = failures[scene];
    reply.writeHead(status, { "content-type": "application/json", ...(status === 429 ? { "retry-after": "7" } : {}) });
    return reply.end(JSON.stringify(vendor.error(status, text)));
  }
  const given = (scenes[scene] ?? scenes.words)(asked);
  if (!asked.stream) {
    reply.writeHead(200, { "content-type": "application/json" });
    return reply.end(JSON.stringify(vendor.whole(asked, given)));
  }
  reply.writeHead(200, { "content-type": "text/event-stream" });
  const events = vendor.events(asked, given);
  for (const event of scene === "broken" ? events.slice(0, 4) : events) {
    if (reply.destroyed) return;
    reply.write(event);
    if (scene === "endless") await new Promise((resolve) => setTimeout(resolve, 10));
  }
  reply.end();
}
