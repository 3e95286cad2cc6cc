// An HTTP client over plain sockets. It sends header lines exactly as they are given (repeated,
// padded, with odd bytes) and sees a reply piece by piece as it arrives, which `fetch` allows neither of.

import net from "node:net";

/**
 * @typedef {object} Options
 * @property {string} [method]
 * @property {string} [path]     the request target, unparsed
 * @property {string} [host]     the whole Host header
 * @property {[string, string][]} [headers]  a character up to U+00FF stands for that byte
 * @property {string | Buffer | object} [body]  an object is sent as JSON
 * @property {boolean} [chunked]  sends the body without a length
 * @property {string} [key]      presented as a bearer token
 * @property {boolean} [flood]    one of thousands: its key is not kept for the search of the logs
 */

/** Everything that was ever presented as a credential, for the search of the logs. */
export const presented = new Set();

/**
 * Sends a request and resolves with the whole reply.
 * @param {number} port
 * @param {Options} [options]
 */
export async function send(port, options = {}) {
  const exchange = open(port, options);
  await exchange.ended;
  return exchange;
}

/**
 * @param {number} port
 * @param {Options} [options]
 */
export function open(port, options = {}) {
  return new Exchange(port, options);
}

class Exchange {
  /** @type {number} 0 until the head has come */ status = 0;
  /** @type {[string, string][]} */ headers = [];
  /** The body's pieces as they came off the wire. @type {{at: number, bytes: Buffer}[]} */ pieces = [];
  complete = false; // the reply ended as its framing says
  /** @type {Error | undefined} */ error;

  #pending = Buffer.alloc(0);
  #left = 0;
  /** @type {"head" | "length" | "size" | "chunk" | "trailer" | "close" | "over"} */ #state = "head";
  #chunked = false;
  #bodyless;
  /** @type {(() => void)[]} */ #watchers = [];

  /**
   * @param {number} port
   * @param {Options} options
   */
  constructor(port, options) {
    const { method = "GET", path = "/", host = `127.0.0.1:${port}` } = options;
    this.#bodyless = method === "HEAD";
    const lines = [`${method} ${path} HTTP/1.1`];
    if (host !== null) lines.push(`Host: ${host}`);
    const headers = [...(options.headers ?? [])];
    if (options.key) headers.push(["Authorization", `Bearer ${options.key}`]);
    for (const [name, value] of headers) {
      if (!options.flood && /^(authorization|x-api-key)$/i.test(name)) presented.add(value.replace(/^\s*bearer\s+/i, "").trim());
      lines.push(`${name}: ${value}`);
    }
    const has = (/** @type {string} */ wanted) => headers.some(([name]) => name.toLowerCase() === wanted);
    const body = bytesOf(options.body);
    if (body && !has("content-type")) lines.push("Content-Type: application/json");
    if (body && options.chunked) lines.push("Transfer-Encoding: chunked");
    else if (body && !has("content-length")) lines.push(`Content-Length: ${body.length}`);
    lines.push("Connection: close", "", "");

    this.startedAt = performance.now();
    this.socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
    this.socket.write(Buffer.from(lines.join("\r\n"), "latin1"));
    if (body && options.chunked) {
      for (let at = 0; at < body.length; at += 65_536) {
        const piece = body.subarray(at, at + 65_536);
        this.socket.write(`${piece.length.toString(16)}\r\n`);
        this.socket.write(piece);
        this.socket.write("\r\n");
      }
      this.socket.write("0\r\n\r\n");
    } else if (body) {
      this.socket.write(body);
    }
    this.socket.on("data", (bytes) => this.#take(bytes));
    this.socket.on("error", (error) => (this.error = error));
    /** Resolves when the reply is over, whether whole or cut off. @type {Promise<void>} */
    this.ended = new Promise((resolve) => {
      this.socket.on("close", () => {
        if (this.#state === "close") this.complete = true;
        this.#state = "over";
        this.#look();
        resolve();
      });
    });
  }

  get body() {
    return Buffer.concat(this.pieces.map((piece) => piece.bytes));
  }
  get text() {
    return this.body.toString();
  }
  get json() {
    return JSON.parse(this.text);
  }

  /**
   * The values of all lines of that name, joined by a comma and a space.
   * @param {string} wanted
   * @returns {string | undefined}
   */
  header(wanted) {
    const values = this.headers.filter(([name]) => name === wanted.toLowerCase()).map(([, value]) => value);
    return values.length ? values.join(", ") : undefined;
  }

  /**
   * Resolves once `condition` holds; rejects when the reply ends before.
   * @param {(exchange: Exchange) => unknown} condition
   * @returns {Promise<this>}
   */
  until(condition) {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (condition(this)) resolve(this);
        else if (this.#state === "over") reject(new Error(`the reply ended first: ${this.status} ${this.text.slice(-500)}`));
        else return false;
        return true;
      };
      if (look()) return;
      const watcher = () => {
        if (look()) this.#watchers.splice(this.#watchers.indexOf(watcher), 1);
      };
      this.#watchers.push(watcher);
    });
  }

  /** Resolves with the head. */
  head() {
    return this.until((exchange) => exchange.status);
  }

  /** Closes the connection as a client that leaves does. */
  leave() {
    this.socket.destroy();
    return this.ended;
  }

  /** Closes the connection by a reset. */
  reset() {
    this.socket.resetAndDestroy();
    return this.ended;
  }

  /** The events so far, each with the time at which its last byte came. */
  events() {
    /** @type {{at: number, text: string}[]} */
    const events = [];
    let pending = "";
    for (const { at, bytes } of this.pieces) {
      pending += bytes.toString("latin1");
      const texts = pending.split("\n\n");
      pending = /** @type {string} */ (texts.pop());
      for (const text of texts) events.push({ at, text: Buffer.from(text, "latin1").toString() });
    }
    return events;
  }

  #look() {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** @param {Buffer} bytes */
  #take(bytes) {
    const at = performance.now();
    this.#pending = this.#pending.length ? Buffer.concat([this.#pending, bytes]) : bytes;
    while (this.#step(at));
    this.#look();
  }

  /** @param {number} at */
  #step(at) {
    switch (this.#state) {
      case "head": {
        const end = this.#pending.indexOf("\r\n\r\n");
        if (end < 0) return false;
        const [first, ...lines] = this.#pending.subarray(0, end).toString("latin1").split("\r\n");
        this.#pending = this.#pending.subarray(end + 4);
        const status = Number(first.split(" ")[1]);
        if (status === 100) return true;
        this.headers = lines.map((line) => {
          const colon = line.indexOf(":");
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
        });
        this.headAt = at;
        this.status = status;
        const length = this.header("content-length");
        this.#chunked = /chunked/i.test(this.header("transfer-encoding") ?? "");
        if (this.#bodyless || status === 204 || status === 304) return this.#over();
        if (this.#chunked) this.#state = "size";
        else if (length === undefined) this.#state = "close";
        else {
          this.#state = "length";
          this.#left = Number(length);
          if (!this.#left) return this.#over();
        }
        return true;
      }
      case "size": {
        const end = this.#pending.indexOf("\r\n");
        if (end < 0) return false;
        this.#left = parseInt(this.#pending.subarray(0, end).toString(), 16);
        this.#pending = this.#pending.subarray(end + 2);
        this.#state = this.#left ? "chunk" : "trailer";
        return true;
      }
      case "trailer":
        return this.#pending.length >= 2 ? this.#over() : false;
      case "chunk":
      case "length":
      case "close": {
        if (!this.#pending.length) return false;
        const room = this.#state === "close" ? this.#pending.length : this.#left;
        if (room) {
          const bytes = this.#pending.subarray(0, room);
          this.pieces.push({ at, bytes });
          this.#pending = this.#pending.subarray(bytes.length);
          if (this.#state === "close") return false;
          this.#left -= bytes.length;
          if (this.#left) return false;
          if (this.#state === "length") return this.#over();
        }
        if (this.#pending.length < 2) return false; // the line end after a chunk
        this.#pending = this.#pending.subarray(2);
        this.#state = "size";
        return true;
      }
      default:
        return false;
    }
  }

  #over() {
    this.complete = true;
    this.#state = "over";
    this.socket.end();
    return false;
  }
}

/** @param {Options["body"]} body */
function bytesOf(body) {
  if (body === undefined || Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}
