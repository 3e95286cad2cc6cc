// POST /v1/messages/count_tokens, as Anthropic's own SDK sees it. It is passed on to Anthropic alone.

import Anthropic from "@anthropic-ai/sdk";

export const path = "/v1/messages/count_tokens";

/** @param {{gateway: string, key: string, model: string, exchange: import("../../support/recordings.mjs").Exchange}} call */
export async function askCount({ gateway, key, model, exchange }) {
  const client = new Anthropic({ baseURL: gateway, apiKey: key, maxRetries: 0, logLevel: "off" });
  try {
    return await client.messages.countTokens({ ...exchange.request, model });
  } catch (thrown) {
    const error = /** @type {any} */ (thrown);
    return { error: { status: error.status, message: String(error.message) } };
  }
}
