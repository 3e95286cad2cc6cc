// The classes of Durable Objects: storage only. A method takes one text, JSON, and returns a value
// that is JSON. worker/storage.md describes the tables.

export { Records } from "./records.js";
export { Stats } from "./stats.js";
