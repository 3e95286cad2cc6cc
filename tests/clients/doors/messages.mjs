// POST /v1/messages, as Anthropic's own SDK sees it.

import Anthropic from "@anthropic-ai/sdk";
import { readEvents, readMessage } from "../oracle/messages.mjs";
import { imageOf, witness } from "../oracle/shape.mjs";

export const path = "/v1/messages";
export const surface = "messages";

/** @param {import("./index.mjs").Call} call */
export function ask({ gateway, key, model, exchange, expected, sameDialect }) {
  const client = new Anthropic({ baseURL: gateway, apiKey: key, maxRetries: 0, logLevel: "off", timeout: 60_000 });
  const { stream } = exchange;
  const body = { ...((sameDialect && exchange.request) || simple(expected)), model, stream };
  return witness(
    async (take) => {
      if (!stream) return take(await client.messages.create(body));
      if (sameDialect) {
        for await (const event of /** @type {any} */ (await client.messages.create(body))) take(event);
        return;
      }
      // What the gateway writes must also satisfy the SDK's own assembly.
      const assembly = client.messages.stream(body);
      for await (const event of assembly) take(event);
      await assembly.finalMessage();
    },
    (pieces) => withImages(stream ? readEvents(pieces) : readMessage(pieces)),
  );
}

/**
 * Messages has no word for a picture that a model draws: it stands in the text, in Markdown.
 * @param {import("../oracle/shape.mjs").Seen} seen
 */
function withImages(seen) {
  for (const one of seen.choices) {
    one.text = one.text.replace(/!\[image\]\(data:[^,]*,([^)]*)\)/g, (_, data) => {
      one.images.push(imageOf(data));
      return "";
    });
  }
  return seen;
}

/** @param {import("../oracle/shape.mjs").Seen} expected */
function simple(expected) {
  const names = new Set(expected.choices.flatMap(({ tools }) => tools.map(({ name }) => name)).filter(Boolean));
  const tools = [...names].map((name) => ({ name, input_schema: { type: "object" } }));
  return {
    max_tokens: 4_096,
    messages: [{ role: "user", content: "Go on." }],
    ...(tools.length ? { tools } : {}),
    ...(expected.choices[0]?.reasoning ? { thinking: { type: "enabled", budget_tokens: 1_024 } } : {}),
  };
}
