/** What every answer of the providers of vendors.mjs costs; the prompt includes what was cached. */
export const tokens = { prompt: 11, cached: 3, completion: 7 };

/** What Anthropic and Gemini sign a turn with that calls tools. */
export const signature = "c2lnbmF0dXJlIG9mIGEgdHVybg==";
