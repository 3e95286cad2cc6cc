// The clients: raw sockets that are kept open, and as little parsing as finds the end of an answer.

import net from "node:net";

/**
 * @typedef {object} Outcome
 * @property {number} failures      answers that are not 200 or were cut
 * @property {number[]} latencies   ms from the request to the end of its answer
 * @property {number[]} firsts      ms from the request to the first byte of the body
 * @property {number[]} largestGaps ms, one of every answer: between two reads of its body
 */

/** One kept connection, one request at a time. */
class Connection {
  /** @param {net.Socket} socket */
  constructor(socket) {
    this.socket = socket;
    this.keepText = false;
    /** @type {((ok: boolean) => void) | undefined} */ this.done = undefined;
    this.reset();
    socket.on("data", (bytes) => this.take(bytes));
    socket.on("error", () => this.end(false));
    socket.on("close", () => this.end(false));
  }

  /** @param {number} port @returns {Promise<Connection>} */
  static open(port) {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(new Connection(socket)));
      socket.once("error", reject);
    });
  }

  reset() {
    this.head = "";
    this.left = -1; // of a body of known length
    this.tail = ""; // the end of what has come of a chunked one
    this.inBody = false;
    this.status = 0;
    this.sentAt = this.firstAt = this.lastAt = 0;
    this.largestGap = 0;
    this.text = "";
  }

  /** @param {Buffer} request @returns {Promise<boolean>} */
  ask(request) {
    this.reset();
    return new Promise((resolve) => {
      this.done = resolve;
      this.sentAt = performance.now();
      this.socket.write(request);
    });
  }

  /** @param {Buffer} bytes */
  take(bytes) {
    if (!this.inBody) {
      this.head += bytes.toString("latin1");
      const end = this.head.indexOf("\r\n\r\n");
      if (end < 0) return;
      bytes = Buffer.from(this.head.slice(end + 4), "latin1");
      const head = this.head.slice(0, end + 2);
      this.status = Number(head.slice(9, 12));
      const length = /\r\ncontent-length: *(\d+)/i.exec(head);
      this.left = length ? Number(length[1]) : -1;
      this.inBody = true;
      if (bytes.length === 0 && this.left !== 0) return;
    }
    const now = performance.now();
    if (!this.firstAt) this.firstAt = now;
    else if (now - this.lastAt > this.largestGap) this.largestGap = now - this.lastAt;
    this.lastAt = now;
    if (this.keepText) this.text += bytes.toString("latin1");
    if (this.left >= 0) {
      this.left -= bytes.length;
      if (this.left <= 0) this.end(this.status === 200);
      return;
    }
    const last = bytes.subarray(Math.max(0, bytes.length - 7)).toString("latin1");
    this.tail = (this.tail + last).slice(-7);
    if (this.tail.endsWith("\n0\r\n\r\n") || this.tail === "0\r\n\r\n") this.end(this.status === 200);
  }

  /** @param {boolean} ok */
  end(ok) {
    const done = this.done;
    this.done = undefined;
    done?.(ok);
  }
}

/** A worker's kept connections: opened once, used by every run. */
export class Clients {
  /** @param {number} port */
  constructor(port) {
    this.port = port;
    /** @type {Connection[]} */ this.connections = [];
  }

  /**
   * Sends `requests` requests over `connections` connections and resolves when all are answered.
   * @param {{request: Buffer, requests: number, connections: number, staggerMs?: number}} load
   * @returns {Promise<Outcome>}
   */
  async run({ request, requests, connections, staggerMs = 0 }) {
    await this.#open(connections);
    /** @type {Outcome} */
    const outcome = { failures: 0, latencies: [], firsts: [], largestGaps: [] };
    let left = requests;
    const drive = async (/** @type {number} */ index) => {
      if (staggerMs) await new Promise((resolve) => setTimeout(resolve, index * staggerMs));
      while (left > 0) {
        --left;
        const connection = this.connections[index];
        const ok = await connection.ask(request);
        if (!ok) {
          ++outcome.failures;
          if (connection.socket.destroyed) this.connections[index] = await Connection.open(this.port);
          continue;
        }
        outcome.latencies.push(connection.lastAt - connection.sentAt);
        outcome.firsts.push(connection.firstAt - connection.sentAt);
        outcome.largestGaps.push(connection.largestGap);
      }
    };
    await Promise.all(Array.from({ length: connections }, (_, index) => drive(index)));
    return outcome;
  }

  /**
   * One answer with its text (a chunked body's framing included).
   * @param {Buffer} request
   * @returns {Promise<{status: number, text: string}>}
   */
  async one(request) {
    const connection = await Connection.open(this.port);
    connection.keepText = true;
    await connection.ask(request);
    connection.socket.destroy();
    return { status: connection.status, text: connection.text };
  }

  close() {
    for (const { socket } of this.connections) socket.destroy();
    this.connections = [];
  }

  /** @param {number} count */
  async #open(count) {
    this.connections = this.connections.filter(({ socket }) => !socket.destroyed);
    while (this.connections.length < count) this.connections.push(await Connection.open(this.port));
  }
}
