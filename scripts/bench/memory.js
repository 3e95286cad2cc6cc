/* global Response */
// The gateway, and a page that says how much linear memory its module has.

import module from "../../build/wasi/gateway.wasm";
import docs from "../../build/pages/docs.html";
import openapi from "../../docs/openapi.json";
import { gateway } from "../../worker/gateway.js";

export * from "../../worker/objects.js";

const one = gateway(module, { docs, openapi });

export default {
  /** @param {Request} request @param {any} env @param {any} ctx */
  fetch(request, env, ctx) {
    if (!request.url.endsWith("/bench/memory")) return one.fetch(request, env, ctx);
    return new Response(`${one.cores.current().memoryBytes}`);
  },
};
