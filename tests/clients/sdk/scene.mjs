// What the clients say and do in every test.

import { z } from "zod";

export const system = "You are terse.";
export const question = "What is the weather?";

/** What the tools find. */
export const degrees = /** @type {Record<string, number>} */ ({ Paris: 20, Rome: 25 });
export const tool = { name: "get_weather", description: "The weather of a city.", schema: z.object({ city: z.string() }) };
export const toolJson = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };

/** @param {{city: string}} input */
export const weatherOf = ({ city }) => ({ degrees: degrees[city] });

export const weatherSchema = z.object({ city: z.string(), degrees: z.number() });

/** A picture of one pixel. */
export const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
export const pngUrl = `data:image/png;base64,${png.toString("base64")}`;
