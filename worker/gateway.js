// The Worker around a compiled module: one core an isolate, replaced when it dies.

import { Core } from "./core.js";
import { Host, unavailable } from "./host.js";
import { serve } from "./serve.js";

/** @param {string} warning */
const warn = (warning) => console.warn(JSON.stringify({ event: "config_warning", warning }));

/**
 * @param {WebAssembly.Module} module
 * @param {Record<string, string>} pages
 */
export function gateway(module, pages) {
  /** @type {Core | undefined} */
  let core;
  const cores = {
    current: () => (core ??= new Core(module, warn)),
    /** @param {Core} dead */
    replace(dead) {
      dead.dead = true;
      if (core === dead) {
        core = undefined;
        console.error(JSON.stringify({ event: "core_replaced" }));
      }
      return cores.current();
    },
  };

  /**
   * @param {Request | undefined} request
   * @param {Record<string, any>} env
   * @param {{waitUntil(promise: Promise<unknown>): void}} ctx
   */
  function exchange(request, env, ctx) {
    const tick = () => exchange(undefined, env, ctx).done;
    const host = new Host({ request, env, ctx, tables: cores.current().tables, pages, tick });
    return { host, done: serve(cores, env, host, host.first()) };
  }

  return {
    cores,
    /**
     * @param {Request} request
     * @param {Record<string, any>} env
     * @param {{waitUntil(promise: Promise<unknown>): void}} ctx
     * @returns {Promise<Response>}
     */
    fetch(request, env, ctx) {
      try {
        const { host, done } = exchange(request, env, ctx);
        done.catch(() => console.error(JSON.stringify({ event: "shim_failed" })));
        return host.response;
      } catch {
        // No core can be made: closed, not open.
        return Promise.resolve(unavailable(503, "gateway_not_configured"));
      }
    },
  };
}
