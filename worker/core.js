// The only file that knows that linear memory exists. No view of it leaves this file.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * What goes in: a word of the vocabulary, a JSON head, raw bytes; either part may be missing.
 * @typedef {{kind: string, head?: unknown, bytes?: Uint8Array}} CoreEvent
 * What comes out: a word and its payload, bytes for the raw words and text for all others.
 * @typedef {{kind: string, payload: any}} CoreAction
 */

/** One instance of the module. It serves all exchanges of an isolate until it traps. */
export class Core {
  /** @type {any} */ #wasm;
  /** @type {string[]} */ #actions;
  /** @type {Set<string>} */ #raw;
  /** @type {Map<string, number>} */ #events;
  /** @type {WeakMap<object, number>} */ #configs = new WeakMap();
  /** @type {(warning: string) => void} */ #warn;
  // Views of linear memory, made anew whenever it has grown.
  #bytes = new Uint8Array();
  #view = new DataView(new ArrayBuffer(0));

  /**
   * @param {WebAssembly.Module} module
   * @param {(warning: string) => void} warn  takes sentences for the operator's log
   */
  constructor(module, warn) {
    this.#wasm = new WebAssembly.Instance(module).exports;
    this.#wasm._initialize?.();
    const { events, actions, rawActions, ...tables } = JSON.parse(this.#text(this.#wasm.gateway_describe()));
    this.#actions = actions;
    this.#raw = new Set(rawActions);
    this.#events = new Map(events.map((/** @type {string} */ word, /** @type {number} */ at) => [word, at]));
    this.#warn = warn;
    /** @type {{requestHeaders: string[], replyHeaders: string[], variables: string[], routes: {method: string, path: string, public: boolean}[]}} */
    this.tables = tables;
    this.dead = false;
  }

  /**
   * Opens an exchange under the configuration in `env`; 0 when too many are open.
   * @param {Record<string, any>} env
   * @returns {number}
   */
  open(env) {
    const handle = this.#wasm.gateway_open(this.#configs.get(env) ?? 0, Date.now());
    if (handle !== 1) return handle;
    this.#configure(env); // not known, or forgotten since
    return this.#wasm.gateway_open(this.#configs.get(env), Date.now());
  }

  /**
   * Never awaits: inbox and outbox are shared by all exchanges of the isolate. Whatever is thrown
   * from here means that this instance is dead.
   * @param {number} exchange
   * @param {CoreEvent} event
   * @returns {CoreAction[]}
   */
  handle(exchange, event) {
    if (this.dead) throw new Error("this instance has trapped"); // in another exchange
    const kind = this.#events.get(event.kind);
    const size = this.#write(event.head === undefined ? "" : JSON.stringify(event.head), event.bytes);
    const at = this.#wasm.gateway_handle(exchange, kind, size, Date.now());
    return this.#list(at);
  }

  /** @param {number} exchange */
  close(exchange) {
    if (!this.dead) this.#wasm.gateway_close(exchange);
  }

  /** For the tests: how much linear memory there is, and what a test build exports besides. */
  get memoryBytes() {
    return this.#wasm.memory.buffer.byteLength;
  }
  get exports() {
    return this.#wasm;
  }

  /** @param {Record<string, any>} env */
  #configure(env) {
    /** @type {Record<string, string>} */
    const variables = {};
    for (const name of variableNames(this.tables.variables, env.COMPATIBLE_PROVIDERS)) {
      if (typeof env[name] === "string") variables[name] = env[name];
      else if (typeof env[name]?.run === "function") variables[name] = "binding";
    }
    const size = this.#write(JSON.stringify(variables));
    const { config, warnings } = JSON.parse(this.#text(this.#wasm.gateway_configure(size)));
    this.#configs.set(env, config);
    for (const warning of warnings) this.#warn(warning);
  }

  /**
   * Puts a head, a newline and bytes into the inbox.
   * @param {string} head
   * @param {Uint8Array} [bytes]
   */
  #write(head, bytes) {
    const room = head.length * 3 + 1 + (bytes ? bytes.length : 0);
    const at = this.#wasm.gateway_inbox(room); // may grow memory, so the view comes afterwards
    this.#look();
    const inbox = this.#bytes.subarray(at, at + room);
    let size = head ? encoder.encodeInto(head, inbox).written : 0;
    if (!bytes) return size;
    if (head) inbox[size++] = 10;
    inbox.set(bytes, size);
    return size + bytes.length;
  }

  /** @param {number} at */
  #text(at) {
    this.#look();
    return decoder.decode(this.#bytes.subarray(at + 8, at + 8 + this.#view.getUint32(at + 4, true)));
  }

  /**
   * Records are u32 action, u32 size, payload padded to 8; action 0 ends the list.
   * @param {number} at
   */
  #list(at) {
    this.#look();
    const list = [];
    for (let action; (action = this.#view.getUint32(at, true)); ) {
      const size = this.#view.getUint32(at + 4, true);
      const kind = this.#actions[action];
      const bytes = this.#bytes.subarray(at + 8, at + 8 + size);
      list.push({ kind, payload: this.#raw.has(kind) ? bytes.slice() : decoder.decode(bytes) });
      at += 8 + ((size + 7) & ~7);
    }
    return list;
  }

  #look() {
    const { buffer } = this.#wasm.memory;
    if (this.#bytes.buffer === buffer) return;
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }
}

/**
 * The variables that the core wants, and no others. A `*` at the front stands for each of the
 * providers that the operator has named: `lm-studio` has LM_STUDIO_BASE_URL.
 * @param {string[]} wanted
 * @param {unknown} providers
 */
export function variableNames(wanted, providers) {
  const words = typeof providers === "string" ? providers.toUpperCase().replaceAll("-", "_").split(/[,\s]+/) : [];
  return wanted.flatMap((name) => (name[0] === "*" ? words.map((word) => word + name.slice(1)) : name));
}
