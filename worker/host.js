// One method an action. Performs, and decides nothing: every number and every word comes from the
// core. One host serves one exchange, so that no request touches the I/O of another.

import { Watchdog } from "./watchdog.js";

/** @typedef {import("./core.js").CoreEvent} CoreEvent */

/** @param {string} reason @returns {CoreEvent} */
const failed = (reason) => ({ kind: "failed", head: { reason } });

const newline = new Uint8Array([10]);
const decoder = new TextDecoder();

let formatterLoaded = false;

// What one read may bring, and how much is thrown away at once. The runtime's own default is 4 KB,
// and each read costs a turn; but an open stream keeps both for as long as it lasts.
const readBytes = 32 * 1024;
const discardedBytes = 16 * 1024;

/** @type {CoreEvent} */
const clientLeft = { kind: "client_left" };

export class Host {
  #request;
  #env;
  #ctx;
  #tables;
  #pages;
  #tick;
  /** @type {CoreEvent} */ #first;
  #watchdog = new Watchdog();

  #phase = "waiting";
  /** @type {(response: Response) => void} */ #answer = () => {};
  /** @type {{status: number, headers: Record<string, string>, stream: boolean, send_timeout_ms: number} | undefined} */ #head;
  /** @type {BodyInit | null} */ #reply = null; // of an answer that is not a stream
  /** @type {Uint8Array | undefined} */ #body; // of the request
  /** @type {Response | undefined} */ #upstream;
  /** @type {any} */ #reader;
  /** @type {Promise<any> | undefined} */ #reading; // of the reader
  /** @type {ArrayBuffer | undefined} */ #spare; // room for the next read

  /** @type {IdentityTransformStream | undefined} */ #out;
  /** @type {any} */ #writer;
  /** @type {(() => void) | undefined} */ #release;
  /** @type {AbortController | undefined} */ #abort;
  /** @type {Promise<void> | undefined} */ #flowing; // the native pipe, while one runs
  #flowed = false; // it has ended
  #flowWhole = false; // with all that the upstream sent
  /** @type {boolean | undefined} */ #reachable;
  /** @type {(() => void) | undefined} */ #wake;

  /**
   * @param {object} given
   * @param {Request} [given.request]  none for a tick
   * @param {Record<string, any>} given.env
   * @param {{waitUntil(promise: Promise<unknown>): void}} given.ctx
   * @param {{requestHeaders: string[], replyHeaders: string[]}} given.tables
   * @param {Record<string, string>} given.pages
   * @param {() => Promise<void>} given.tick  starts an exchange of its own for a `tick`
   */
  constructor({ request, env, ctx, tables, pages, tick }) {
    this.#request = request;
    this.#env = env;
    this.#ctx = ctx;
    this.#tables = tables;
    this.#pages = pages;
    this.#tick = tick;
    this.#first = { kind: "tick", bytes: crypto.getRandomValues(new Uint8Array(72)) };
    if (request) {
      const { method, headers } = request;
      const head = { method, url: new URL(request.url).href, headers: pick(headers, tables.requestHeaders) };
      this.#first = { kind: "request", head, bytes: this.#first.bytes };
    } else {
      this.#phase = "idle";
    }
    /** @type {Promise<Response>} */
    this.response = new Promise((resolve) => (this.#answer = resolve));
  }

  /** The event with which the exchange begins. */
  first() {
    return this.#first;
  }

  /** The event that tells a fresh core how far the exchange of a dead one had come. */
  trapped() {
    return { kind: "trapped", head: { phase: this.#phase, request: this.#first.head }, bytes: this.#first.bytes };
  }

  // --- Questions ------------------------------------------------------------------------------

  /** @param {string} payload */
  async receive(payload) {
    const { bytes_max, timeout_ms } = JSON.parse(payload);
    const request = /** @type {Request} */ (this.#request);
    const body = await this.#gather(request, bytes_max, timeout_ms);
    if (body instanceof Uint8Array) this.#body = body;
    return body instanceof Uint8Array ? { kind: "body", bytes: body } : body;
  }

  /** @param {string} payload */
  async call(payload) {
    const cut = payload.indexOf("\n");
    const { binding, objects, method, timeout_ms } = JSON.parse(payload.slice(0, cut));
    const argument = payload.slice(cut + 1);
    try {
      const namespace = this.#env[binding];
      const answers = objects.map((/** @type {string} */ name) => namespace.get(namespace.idFromName(name))[method](argument));
      const record = await this.#watchdog.within(Promise.all(answers), timeout_ms);
      return record ? { kind: "record", head: record } : failed("timeout");
    } catch {
      return failed("unreachable");
    }
  }

  /** @param {string} payload */
  locate(payload) {
    const { limiter } = JSON.parse(payload);
    const { cf, headers } = /** @type {any} */ (this.#request);
    const head = {
      client_ip: cf?.clientIp ?? null,
      connecting_ip: headers.get("cf-connecting-ip"),
      limiter: limiter in this.#env,
    };
    return { kind: "located", head };
  }

  /** @param {string} payload */
  async limit(payload) {
    const { binding, key, timeout_ms } = JSON.parse(payload);
    try {
      const verdict = await this.#watchdog.within(this.#env[binding].limit({ key }), timeout_ms);
      return verdict ? { kind: "limited", head: verdict } : failed("timeout");
    } catch {
      return failed("unreachable");
    }
  }

  /** @param {Uint8Array} payload */
  fetch(payload) {
    const { head, bytes } = cut(payload);
    const { method, url, headers, body, timeout_ms } = head;
    const init = { method, headers, body: body ? assemble(body, this.#body) : bytes, redirect: "manual" };
    this.#body = undefined;
    return this.#dispatch(fetch(url, /** @type {RequestInit} */ (init)), timeout_ms);
  }

  /** @param {Uint8Array} payload */
  async run(payload) {
    const { head, bytes } = cut(payload);
    const { binding, model, timeout_ms } = head;
    this.#body = undefined;
    try {
      const inputs = JSON.parse(decoder.decode(bytes));
      return await this.#dispatch(this.#env[binding].run(model, inputs, { returnRawResponse: true }), timeout_ms, refusedBy);
    } catch {
      return failed("unreachable");
    }
  }

  /** @param {string} payload */
  async collect(payload) {
    const { bytes_max, timeout_ms } = JSON.parse(payload);
    const body = await this.#gather(/** @type {Response} */ (this.#upstream), bytes_max, timeout_ms);
    if (body instanceof Uint8Array) this.#upstream = undefined;
    return body instanceof Uint8Array ? { kind: "upstream_body", bytes: body } : body;
  }

  /** @param {string} payload */
  async read(payload) {
    const { pause_ms, timeout_ms } = JSON.parse(payload);
    if (pause_ms && !this.#flowed) await this.#pause(pause_ms);
    if (this.#phase === "relayed" && this.#flowed && !(await this.#reached())) return clientLeft;
    this.#reader ??= /** @type {any} */ (this.#upstream).body.getReader({ mode: "byob" });
    try {
      // A read that was not answered in time stays out, and the next question waits for it again.
      this.#reading ??= this.#reader.read(new Uint8Array(this.#spare ?? new ArrayBuffer(readBytes)));
      this.#spare = undefined;
      const read = await this.#watchdog.within(/** @type {Promise<any>} */ (this.#reading), timeout_ms);
      if (!read) return failed("timeout");
      this.#reading = undefined;
      if (!read.done) {
        this.#spare = read.value.buffer; // the core takes a copy, so it serves the next read too
        return { kind: "upstream_bytes", bytes: read.value };
      }
      // The copy has ended; everything must have reached the client too.
      if (this.#phase === "relayed") await this.#watchdog.within(/** @type {Promise<void>} */ (this.#flowing), timeout_ms);
      return this.#phase !== "relayed" || (await this.#reached()) ? { kind: "upstream_end" } : clientLeft;
    } catch {
      return failed("broken");
    }
  }

  /** @param {string} payload */
  async wait(payload) {
    await scheduler.wait(JSON.parse(payload).ms);
    return { kind: "waited" };
  }

  /**
   * @param {Promise<Response>} reply
   * @param {number} timeoutMs
   * @param {(cause: unknown) => Response | undefined} [explain]  makes an answer of what was thrown
   */
  async #dispatch(reply, timeoutMs, explain) {
    try {
      const upstream = await this.#watchdog.within(explain ? reply.catch((cause) => explain(cause)) : reply, timeoutMs);
      if (!upstream) {
        reply.then((late) => late.body?.cancel()).catch(() => {});
        return failed("timeout");
      }
      this.#upstream = upstream;
      const head = { status: upstream.status, headers: pick(upstream.headers, this.#tables.replyHeaders) };
      return { kind: "upstream_head", head };
    } catch {
      return failed("unreachable");
    }
  }

  // --- Effects --------------------------------------------------------------------------------

  /** @param {string} payload */
  respond(payload) {
    const head = (this.#head = JSON.parse(payload));
    if (!head.stream) return;
    this.#phase = "fed";
    this.#out = new IdentityTransformStream();
    // Without this the runtime drops the loop when the client leaves, before it has accounted.
    this.#ctx.waitUntil(new Promise((resolve) => (this.#release = () => resolve(undefined))));
    this.#answer(new Response(this.#out.readable, { ...init(head), encodeBody: "manual" }));
  }

  /** @param {Uint8Array} bytes */
  send(bytes) {
    if (this.#out) return this.#write(bytes);
    this.#reply = bytes;
  }

  /** @param {string} payload @param {CoreEvent} event */
  forward(payload, event) {
    this.send(/** @type {Uint8Array} */ (event.bytes));
  }

  /** @param {string} payload */
  page(payload) {
    this.#reply = this.#pages[JSON.parse(payload).name];
  }

  relay() {
    this.#phase = "relayed";
    const [flow, copy] = /** @type {any} */ (this.#upstream).body.tee();
    this.#flow(flow, /** @type {any} */ (this.#out).writable, { preventClose: true, preventAbort: true });
    this.#reader = copy.getReader({ mode: "byob" });
  }

  /** A pipe that was stopped cannot go on, so that from here the copy is what the client gets. */
  async retake() {
    this.#abort?.abort();
    await this.#flowing;
    this.#phase = "fed";
    // What comes now is in the copy alone. What came just before may have reached the client, whole
    // or in part, and nobody can tell.
    await scheduler.wait(0);
    const came = this.#reading && (await Promise.race([this.#reading.then(() => true), false]));
    return came ? failed("broken") : undefined;
  }

  window() {
    const [flow, copy] = /** @type {any} */ (this.#upstream).body.tee();
    // A native pipe that keeps pulling makes the copy hold all that has arrived; what comes out of
    // it is thrown away.
    const drain = new IdentityTransformStream();
    this.#flow(flow, drain.writable, {});
    discard(drain.readable).catch(() => {});
    this.#reader = copy.getReader({ mode: "byob" });
  }

  /** @param {string} payload */
  log(payload) {
    if (formatterLoaded) return console.log(payload);
    // The first line of an isolate loads the runtime's formatter, which takes longer than all the
    // rest of a first answer: it waits until that is on its way.
    this.#ctx.waitUntil(
      scheduler.wait(0).then(() => {
        formatterLoaded = true;
        console.log(payload);
      }),
    );
  }

  /** @param {string} payload */
  schedule(payload) {
    this.#ctx.waitUntil(scheduler.wait(JSON.parse(payload).ms).then(this.#tick));
  }

  // --- Endings --------------------------------------------------------------------------------

  /** The list ended without a question: the answer is complete, and nothing may be left running. */
  over() {
    this.#watchdog.stop();
    if (this.#out) {
      this.#close().catch(() => {}).finally(this.#release);
    } else {
      this.#answer(this.#head ? new Response(this.#reply, init(this.#head)) : unavailable(500, "internal_error"));
    }
    if (this.#reader) this.#reader.cancel().catch(() => {});
    else this.#upstream?.body?.cancel().catch(() => {});
    this.#abort?.abort();
  }

  /** The core has no room for another exchange. */
  full() {
    this.#answer(unavailable(503, "overloaded"));
  }

  async #close() {
    if (this.#flowing && !this.#flowed) await this.#flowing;
    this.#writer ??= /** @type {any} */ (this.#out).writable.getWriter();
    await this.#writer.close();
  }

  // --- Streams --------------------------------------------------------------------------------

  /** @param {any} from @param {any} to @param {object} options */
  #flow(from, to, options) {
    this.#abort = new AbortController();
    const ended = (/** @type {boolean} */ whole) => {
      this.#flowed = true;
      this.#flowWhole = whole;
      this.#wake?.();
    };
    this.#flowing = from.pipeTo(to, { ...options, signal: this.#abort.signal }).then(
      () => ended(true),
      () => ended(false),
    );
  }

  /** @param {number} ms */
  #pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
  }

  /**
   * Does anybody read what the pipe carried? A pipe that broke does not say which of its ends did;
   * an empty line, harmless in an event stream, tells.
   */
  async #reached() {
    if (!this.#flowed) return false;
    this.#reachable ??= this.#flowWhole || !(await this.#write(newline));
    return this.#reachable;
  }

  /** @param {Uint8Array} bytes */
  async #write(bytes) {
    if (this.#phase === "relayed" && !this.#flowed) {
      this.#abort?.abort(); // the core has the last word; the pipe has to let go first
      await this.#flowing;
    }
    this.#writer ??= /** @type {any} */ (this.#out).writable.getWriter();
    try {
      const limit = /** @type {any} */ (this.#head).send_timeout_ms;
      const written = this.#writer.write(bytes).then(() => true);
      return (await this.#watchdog.within(written, limit)) ? undefined : clientLeft;
    } catch {
      return clientLeft;
    }
  }

  /**
   * A whole body, or the reason why not.
   * @param {Request | Response} message
   * @param {number} bytesMax
   * @param {number} timeoutMs  between two pieces
   * @returns {Promise<Uint8Array | CoreEvent>}
   */
  async #gather(message, bytesMax, timeoutMs) {
    if (!message.body) return new Uint8Array();
    const length = message.headers.get("content-length");
    const plain = length !== null && !message.headers.has("content-encoding");
    if (plain && Number(length) <= bytesMax) return this.#gatherNatively(message, timeoutMs);
    const reader = message.body.getReader();
    const pieces = [];
    let size = 0;
    try {
      for (;;) {
        const read = await this.#watchdog.within(reader.read(), timeoutMs);
        if (!read) return failed("timeout");
        if (read.done) return pieces.length === 1 ? pieces[0] : joined(pieces, size);
        size += read.value.length;
        if (size > bytesMax) return failed("too_large");
        pieces.push(read.value);
      }
    } catch {
      return failed("broken");
    } finally {
      // Ends what was not read to its end. To give the lock back would throw while a read is out.
      reader.cancel().catch(() => {});
    }
  }

  /**
   * The same where the length was told: the runtime gathers, for a fraction of what a loop costs
   * over pieces of a few KB.
   * @param {Request | Response} message
   * @param {number} timeoutMs  for all of it
   */
  async #gatherNatively(message, timeoutMs) {
    try {
      const bytes = await this.#watchdog.within(message.arrayBuffer(), timeoutMs);
      return bytes ? new Uint8Array(bytes) : failed("timeout");
    } catch {
      return failed("broken");
    }
  }
}

/**
 * Reads to the end in large pieces, so that JavaScript wakes seldom.
 * @param {ReadableStream} readable
 */
async function discard(readable) {
  const reader = /** @type {any} */ (readable).getReader({ mode: "byob" });
  for (let buffer = new ArrayBuffer(discardedBytes); ; ) {
    const { done, value } = await reader.readAtLeast(discardedBytes, new Uint8Array(buffer));
    if (done) return;
    buffer = value.buffer;
  }
}

/**
 * What a binding throws when the service behind it refuses, as the answer of a server.
 * @param {unknown} cause
 */
function refusedBy(cause) {
  return Response.json({ error: String(/** @type {any} */ (cause)?.message ?? cause) }, { status: 500 });
}

/**
 * The two parts of a payload: a JSON head, a newline and raw bytes.
 * @param {Uint8Array} payload
 */
function cut(payload) {
  const at = payload.indexOf(10);
  const head = JSON.parse(decoder.decode(at < 0 ? payload : payload.subarray(0, at)));
  return { head, bytes: payload.subarray(at < 0 ? payload.length : at + 1) };
}

/** @param {Headers} headers @param {string[]} names */
function pick(headers, names) {
  /** @type {Record<string, string>} */
  const picked = {};
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null) picked[name] = value;
  }
  return picked;
}

/** @param {{status: number, headers: Record<string, string>}} head */
const init = ({ status, headers }) => ({ status, headers });

/** @param {Uint8Array[]} pieces @param {number} size */
function joined(pieces, size) {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * A body of pieces: [begin, end] of the request's own bytes, or new text.
 * @param {(string | [number, number])[]} pieces
 * @param {Uint8Array | undefined} body
 */
function assemble(pieces, body = new Uint8Array()) {
  const encoder = new TextEncoder();
  const parts = pieces.map((piece) =>
    typeof piece === "string" ? encoder.encode(piece) : body.subarray(piece[0], piece[1]),
  );
  if (parts.length === 1) return parts[0];
  return joined(parts, parts.reduce((size, part) => size + part.length, 0));
}

/**
 * What can be said without a core.
 * @param {number} status
 * @param {string} code
 */
export function unavailable(status, code) {
  const message = "the gateway cannot serve this request right now; retry shortly";
  const headers = { "cache-control": "no-store", "retry-after": "1", "x-request-id": crypto.randomUUID() };
  return Response.json({ error: { message, type: "api_error", param: null, code } }, { status, headers });
}
