// Wires the module, the pages and the Durable Objects together; nothing else.

import module from "../build/wasi/gateway.wasm";
import docs from "../build/pages/docs.html";
import openapi from "../docs/openapi.json";
import { gateway } from "./gateway.js";

export * from "./objects.js";

export default { fetch: gateway(module, { docs, openapi }).fetch };
