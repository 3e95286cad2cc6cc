// Versioned records. What they hold, and every rule about it, is the core's; its side of this
// contract is src/management/store.h.

import { DurableObject } from "cloudflare:workers";

// Forgotten records that one commit deletes, so that no commit takes long. Those still there
// count as absent.
const forgottenAtOnce = 100;

const present = "(records.forget IS NULL OR records.forget > ?)";

/** Undoes a commit and carries its answer. */
class Refusal extends Error {
  /** @param {{conflict: string} | {full: string}} answer */
  constructor(answer) {
    super();
    this.answer = answer;
  }
}

/**
 * @typedef {object} Write
 * @property {string} id
 * @property {number} version  of the record that was read; 0 for one that must not be there
 * @property {string} kind
 * @property {string} group
 * @property {number} sort  kept from the first write on
 * @property {number | null} forget  ms; from then on the record counts as absent
 * @property {string} body
 * @property {[name: string, as: string][]} [names]  to add
 * @property {string[]} [drop]  the names to take away before, by what they were registered with
 */

/** JSON texts with a version each, found by id, by name or in order, and written by comparing versions. */
export class Records extends DurableObject {
  /** @param {DurableObjectState} ctx @param {any} env */
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS records (
        id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, kind TEXT NOT NULL, "group" TEXT NOT NULL,
        sort INTEGER NOT NULL, forget INTEGER, body TEXT NOT NULL);
      CREATE INDEX IF NOT EXISTS records_by_kind ON records (kind, sort, id, forget);
      CREATE INDEX IF NOT EXISTS records_by_group ON records (kind, "group", sort, id, forget);
      CREATE INDEX IF NOT EXISTS records_by_forget ON records (forget) WHERE forget IS NOT NULL;
      CREATE TABLE IF NOT EXISTS names (
        name TEXT PRIMARY KEY NOT NULL, id TEXT NOT NULL, "as" TEXT NOT NULL) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS names_by_id ON names (id, "as");`);
  }

  /**
   * The record that has a name, and what the name was registered with; or null.
   * @param {string} text  {name}
   */
  find(text) {
    const { name } = JSON.parse(text);
    const query = `SELECT id, version, "as", body FROM names JOIN records USING (id) WHERE name = ? AND ${present}`;
    return this.#first(query, name, Date.now());
  }

  /**
   * The record with an id, or null.
   * @param {string} text  {id}
   */
  get(text) {
    const { id } = JSON.parse(text);
    return this.#first(`SELECT id, version, body FROM records WHERE id = ? AND ${present}`, id, Date.now());
  }

  /**
   * At most `limit` records, the largest (sort, id) first, all smaller than `before`.
   * @param {string} text  {kinds, group: text or null for every one, before: [sort, id] or null, limit}
   */
  list(text) {
    const { kinds, group, before, limit } = JSON.parse(text);
    const [sort, id] = before ?? [Infinity, ""];
    const { where, values } = among(group);
    // Each kind is read from its index and no further than `limit`; only what comes of that is sorted.
    const query = `
      SELECT records.id, records.version, records.sort, records.body FROM json_each(?) AS wanted CROSS JOIN records
      WHERE records.rowid IN (
        SELECT records.rowid FROM records WHERE kind = wanted.value AND ${where} AND (sort, id) < (?, ?) AND ${present}
        ORDER BY sort DESC, id DESC LIMIT ?)
      ORDER BY records.sort DESC, records.id DESC LIMIT ?`;
    const wanted = JSON.stringify([...new Set(kinds)]);
    return this.sql.exec(query, wanted, ...values, sort, id, Date.now(), limit, limit).toArray();
  }

  /**
   * Performs all writes, in their order, or none of them: {"done": true}, {"conflict": an id whose
   * version is another or a name that another record has} or {"full": kind}.
   * @param {string} text  {now, writes: Write[], most: {kind, group: text or null, count}[]}
   */
  commit(text) {
    const { now, writes, most = [] } = JSON.parse(text);
    try {
      return this.ctx.storage.transactionSync(() => {
        const old = this.sql.exec("SELECT id FROM records WHERE forget <= ? ORDER BY forget LIMIT ?", now, forgottenAtOnce);
        for (const { id } of old.toArray()) this.#delete(String(id));
        for (const write of writes) this.#write(write, now);
        for (const { kind, group, count } of most) this.#bound(kind, group, count, now);
        return { done: true };
      });
    } catch (thrown) {
      if (thrown instanceof Refusal) return thrown.answer;
      throw thrown;
    }
  }

  /** @param {Write} write @param {number} now */
  #write({ id, version, kind, group, sort, forget, body, names = [], drop = [] }, now) {
    const found = this.#present("SELECT id, version, forget FROM records WHERE id = ?", id, now);
    if ((found?.version ?? 0) !== version) throw new Refusal({ conflict: id });
    this.sql.exec(
      `INSERT INTO records (id, version, kind, "group", sort, forget, body) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET version = excluded.version, kind = excluded.kind,
         "group" = excluded."group", forget = excluded.forget, body = excluded.body`,
      ...[id, version + 1, kind, group, sort, forget, body],
    );
    for (const word of drop) this.sql.exec('DELETE FROM names WHERE id = ? AND "as" = ?', id, word);
    for (const [name, word] of names) {
      const holder = this.#present("SELECT id, forget FROM names JOIN records USING (id) WHERE name = ?", name, now);
      if (holder && holder.id !== id) throw new Refusal({ conflict: name });
      this.sql.exec('INSERT OR REPLACE INTO names (name, id, "as") VALUES (?, ?, ?)', name, id, word);
    }
  }

  /**
   * @param {string} kind
   * @param {string | null} group
   * @param {number} count
   * @param {number} now
   */
  #bound(kind, group, count, now) {
    const { where, values } = among(group);
    const query = `SELECT 1 FROM records WHERE kind = ? AND ${where} AND ${present} LIMIT 1 OFFSET ?`;
    if (this.#first(query, kind, ...values, now, count)) throw new Refusal({ full: kind });
  }

  /**
   * What a query by one text finds; a forgotten record is deleted instead.
   * @param {string} query @param {string} by @param {number} now
   */
  #present(query, by, now) {
    const found = this.#first(query, by);
    if (!found || found.forget === null || found.forget > now) return found;
    this.#delete(found.id);
    return null;
  }

  /** @param {string} id */
  #delete(id) {
    this.sql.exec("DELETE FROM names WHERE id = ?", id);
    this.sql.exec("DELETE FROM records WHERE id = ?", id);
  }

  /**
   * @param {string} query @param {any[]} values
   * @returns {any}
   */
  #first(query, ...values) {
    return this.sql.exec(query, ...values).toArray()[0] ?? null;
  }
}

/**
 * The condition that a group sets, and the values it binds. Written so that each has its index.
 * @param {string | null | undefined} group
 */
function among(group) {
  return typeof group === "string" ? { where: '"group" = ?', values: [group] } : { where: "TRUE", values: [] };
}
