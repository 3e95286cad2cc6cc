// The loop: asks the core, performs what it wants, brings the answer back.

/** @typedef {import("./core.js").Core} Core */
/** @typedef {import("./host.js").Host} Host */
/** @typedef {import("./core.js").CoreEvent} CoreEvent */

/**
 * Plays one exchange to its end. A core that throws is dead: another one takes over, and is told
 * how far the exchange had come.
 * @param {{current(): Core, replace(dead: Core): Core}} cores
 * @param {Record<string, any>} env
 * @param {Host} host
 * @param {CoreEvent | undefined} event
 */
export async function serve(cores, env, host, event) {
  let core = cores.current();
  let exchange = core.open(env);
  if (!exchange) return host.full();
  try {
    while (event) {
      let actions;
      try {
        actions = core.handle(exchange, event);
      } catch (cause) {
        if (event.kind === "trapped") throw cause; // twice in a row: give up
        core = cores.replace(core);
        exchange = core.open(env);
        event = host.trapped();
        continue;
      }
      /** @type {CoreEvent | void} */
      let answer = undefined;
      for (const { kind, payload } of actions) {
        const performed = /** @type {any} */ (host)[kind](payload, event);
        if (performed && (answer = await performed)) break; // a question's answer, or client_left
      }
      event = answer || undefined;
    }
  } finally {
    core.close(exchange);
    host.over();
  }
}
