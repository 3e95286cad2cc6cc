// Only the objects, without the gateway: POST /NAME/METHOD asks the object NAME; GET /asked tells
// how often this isolate has been asked that.

import { Records as Real } from "../../worker/records.js";

export class Records extends Real {
  /** How many rows there are, the forgotten ones included. */
  rows() {
    const count = (/** @type {string} */ table) => this.sql.exec(`SELECT COUNT(*) AS rows FROM ${table}`).one().rows;
    return { records: count("records"), names: count("names") };
  }
}

let asked = 0;

export default {
  /** @param {Request} request @param {any} env */
  async fetch(request, env) {
    const [, name, method] = new URL(request.url).pathname.split("/");
    if (name === "asked") return Response.json(++asked);
    const stub = env.RECORDS.get(env.RECORDS.idFromName(name));
    try {
      return Response.json(await stub[method](await request.text()));
    } catch (error) {
      return Response.json({ error: `${error}` }, { status: 500 });
    }
  },
};
