// Counters. What one means, who may read it and when it is written is decided in the core.

import { DurableObject } from "cloudflare:workers";

const batchesKept = 10_000;

/** Counters under three words (scope, dimension, name), added up in batches. */
export class Stats extends DurableObject {
  /** @param {DurableObjectState} ctx @param {any} env */
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS counters (
        scope TEXT NOT NULL, dimension TEXT NOT NULL, name TEXT NOT NULL, counter TEXT NOT NULL,
        value INTEGER NOT NULL, PRIMARY KEY (scope, dimension, name, counter)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS names (
        dimension TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (dimension, name)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS batches (
        number INTEGER PRIMARY KEY AUTOINCREMENT, batch TEXT NOT NULL UNIQUE, at INTEGER NOT NULL);`);
  }

  /**
   * Adds a batch; one whose id is known changes nothing.
   * @param {string} text  {batch, limits: {dimension: names}, rows: [scope, dimension, name, sums, maxima]}
   */
  add(text) {
    const { batch, limits, rows } = JSON.parse(text);
    return this.ctx.storage.transactionSync(() => {
      const now = Date.now();
      const fresh = this.sql.exec("INSERT OR IGNORE INTO batches (batch, at) VALUES (?, ?)", batch, now);
      if (!fresh.rowsWritten) return true;
      this.sql.exec("DELETE FROM batches WHERE number > 1 AND number <= (SELECT MAX(number) FROM batches) - ?", batchesKept);
      for (const [scope, dimension, given, sums, maxima] of rows) {
        const name = this.#bounded(dimension, given, limits[dimension]);
        for (const [counter, value] of Object.entries(sums))
          this.#merge("value + excluded.value", [scope, dimension, name, counter, value]);
        for (const [counter, value] of Object.entries(maxima))
          this.#merge("MAX(value, excluded.value)", [scope, dimension, name, counter, value]);
      }
      return true;
    });
  }

  /**
   * All counters of a scope, and since when there have been any (ms, or null).
   * @param {string} text  {scope}
   */
  report(text) {
    const { scope } = JSON.parse(text);
    const since = this.sql.exec("SELECT at FROM batches ORDER BY number LIMIT 1").toArray()[0]?.at ?? null;
    const query = "SELECT dimension, name, counter, value FROM counters WHERE scope = ?";
    return { since, rows: [...this.sql.exec(query, scope).raw()] };
  }

  /** @param {string} how @param {unknown[]} row */
  #merge(how, row) {
    this.sql.exec(`INSERT INTO counters VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = ${how}`, ...row);
  }

  /**
   * The name itself while its dimension has room for it, else `other`.
   * @param {string} dimension
   * @param {string} name
   * @param {number | undefined} limit
   */
  #bounded(dimension, name, limit) {
    if (limit === undefined) return name;
    const known = "SELECT 1 FROM names WHERE dimension = ? AND name = ?";
    if (this.sql.exec(known, dimension, name).toArray().length) return name;
    const { count } = this.sql.exec("SELECT COUNT(*) AS count FROM names WHERE dimension = ?", dimension).one();
    if (Number(count) >= limit) return "other";
    this.sql.exec("INSERT INTO names VALUES (?, ?)", dimension, name);
    return name;
  }
}
