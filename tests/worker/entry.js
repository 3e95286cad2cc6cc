// The real Worker around the test build of the module, with what tests must reach beside it.

import module from "../../build/wasi/gateway.wasm";
import docs from "../../build/pages/docs.html";
import openapi from "../../docs/openapi.json";
import { gateway } from "../../worker/gateway.js";

export * from "../../worker/objects.js";

const postern = gateway(module, { docs, openapi });

/** Makes the core trap, for real, at the next event that any exchange brings it. */
function armTrap() {
  const core = postern.cores.current();
  const handle = core.handle;
  core.handle = () => {
    core.handle = handle;
    return core.exports.gateway_test_trap();
  };
}

export default {
  /** @param {Request} request @param {any} env @param {any} ctx */
  fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith("/__test/")) return postern.fetch(request, env, ctx);
    switch (pathname) {
      case "/__test/vitals": {
        const core = postern.cores.current();
        return Response.json({ memory: core.memoryBytes, open: core.exports.gateway_test_open_exchanges() });
      }
      case "/__test/trap":
        armTrap();
        return new Response("armed");
      case "/__test/pass":
        return fetch(env.PASS_TO, request);
      default:
        return new Response("unknown", { status: 404 });
    }
  },
};
