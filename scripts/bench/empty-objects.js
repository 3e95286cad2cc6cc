// The same with storage: a class of Durable Objects makes the process open their folder.
import { DurableObject } from "cloudflare:workers";

export class Stats extends DurableObject {}
export class Records extends DurableObject {}

export { default } from "./empty.js";
