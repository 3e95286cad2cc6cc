// The manifest: the operator's copy of the ring, because secrets cannot be read back. It holds
// digests and metadata, no key. One process changes it at a time; whoever reads it sees the whole
// of the old file or the whole of the new one.

import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { Problem } from "./problem.mjs";

const format = 1;
const patienceMs = 10_000;
const pollMs = 20;

/**
 * @typedef {object} Record
 * @property {string} entry      as it stands in the ring
 * @property {string} created    when it came into the manifest
 * @property {"generated" | "imported"} source
 * @property {string} [key]      the key as it is shown to people: prefix and last four characters
 * @property {string} [class]    that the key's form names
 * @property {string} [weak]     why the key should not be in use
 *
 * @typedef {{generation: number, at: string, entries: string[]}} Upload
 *
 * @typedef {object} Manifest
 * @property {number} format
 * @property {number} generation  grows by one with each change of the entries
 * @property {Record[]} entries
 * @property {{[environment: string]: Upload}} uploads  the last one of each environment; "" is the
 *   one without a name
 */

/** @param {string} file @returns {Manifest} an empty one when there is none */
export function readManifest(file) {
  let text;
  try {
    text = fs.readFileSync(file, "utf8");
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT") throw new Problem(`${file} cannot be read`);
    return { format, generation: 0, entries: [], uploads: {} };
  }
  let manifest;
  try {
    manifest = JSON.parse(text);
  } catch {
    throw new Problem(`${file} is not JSON; restore it from a backup`);
  }
  if (manifest?.format > format) throw new Problem(`${file} was written by a newer release`);
  if (!isManifest(manifest)) throw new Problem(`${file} is not a manifest of keys; restore it from a backup`);
  return manifest;
}

/**
 * @param {Manifest} manifest
 * @param {string} environment
 * @returns {Upload | undefined}
 */
export const lastUpload = ({ uploads }, environment) => (Object.hasOwn(uploads, environment) ? uploads[environment] : undefined);

/**
 * Changes the entries, alone. What `change` throws leaves the file as it was.
 * @template T
 * @param {string} file
 * @param {(manifest: Manifest) => T} change  must not be asynchronous
 * @returns {T}
 */
export function changeEntries(file, change) {
  return withLock(file, () => {
    const manifest = readManifest(file);
    const result = change(manifest);
    manifest.generation += 1;
    writeManifest(file, manifest);
    return result;
  });
}

/**
 * Runs `work` while no other process changes the manifest.
 * @template T
 * @param {string} file
 * @param {() => T} work
 * @returns {T}
 */
export function withLock(file, work) {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const lock = takeLock(`${file}.lock`);
  try {
    return work();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

/**
 * Only within withLock. The new file is complete on the disk before it takes the old one's name.
 * @param {string} file
 * @param {Manifest} manifest
 */
export function writeManifest(file, manifest) {
  const folder = path.dirname(file);
  for (const name of fs.readdirSync(folder))
    if (name.startsWith(`${path.basename(file)}.`) && name.endsWith(".tmp")) fs.rmSync(path.join(folder, name));
  const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  const descriptor = fs.openSync(temporary, "wx", 0o600);
  try {
    fs.fchmodSync(descriptor, 0o600);
    fs.writeSync(descriptor, `${JSON.stringify(manifest, null, 2)}\n`);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
  fs.renameSync(temporary, file);
  syncFolder(folder);
}

// --- Helpers ---------------------------------------------------------------------------------

/** @param {any} value @returns {value is Manifest} */
function isManifest(value) {
  return (
    value?.format === format &&
    Number.isSafeInteger(value.generation) &&
    Array.isArray(value.entries) &&
    value.entries.every((/** @type {any} */ record) => typeof record?.entry === "string") &&
    typeof value.uploads === "object" &&
    value.uploads !== null &&
    Object.values(value.uploads).every((upload) => Number.isSafeInteger(upload?.generation) && Array.isArray(upload.entries))
  );
}

/** A name survives a crash when its folder has been written too. @param {string} folder */
function syncFolder(folder) {
  try {
    const descriptor = fs.openSync(folder, "r");
    fs.fsyncSync(descriptor);
    fs.closeSync(descriptor);
  } catch {
    // Not every system opens folders.
  }
}

/**
 * The lock is a file that says whose it is from its first moment on: it is written under another
 * name and then linked. The lock of a process that is gone is taken away.
 * @param {string} lock
 */
function takeLock(lock) {
  const own = `${lock}.${randomBytes(6).toString("hex")}`;
  fs.writeFileSync(own, String(process.pid), { mode: 0o600, flag: "wx" });
  try {
    for (const end = Date.now() + patienceMs; ; pause()) {
      if (linked(own, lock)) return lock;
      if (!isAlive(ownerOf(lock))) removeAbandoned(lock);
      else if (Date.now() > end)
        throw new Problem(`another key-ring command is at work (process ${ownerOf(lock)}; its lock is ${lock})`);
    }
  } finally {
    fs.rmSync(own, { force: true });
  }
}

/**
 * Of several who notice, one removes: otherwise the second could take away the lock that somebody
 * has taken since.
 * @param {string} lock
 */
function removeAbandoned(lock) {
  const guard = `${lock}.removing`;
  try {
    fs.closeSync(fs.openSync(guard, "wx", 0o600));
  } catch {
    if (isOld(guard)) throw new Problem(`a key-ring command died while it removed a lock: remove ${guard} and ${lock}`);
    return;
  }
  const owner = ownerOf(lock);
  if (owner !== undefined && !isAlive(owner)) fs.rmSync(lock, { force: true });
  fs.rmSync(guard, { force: true });
}

/** @param {string} from @param {string} to */
function linked(from, to) {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  }
}

/** @param {string} lock @returns {number | undefined} undefined when it has just gone */
function ownerOf(lock) {
  try {
    return Number(fs.readFileSync(lock, "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {number | undefined} pid */
function isAlive(pid) {
  if (pid === undefined) return true; // gone by itself: try again
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/** @param {string} file */
function isOld(file) {
  try {
    return Date.now() - fs.statSync(file).mtimeMs > patienceMs;
  } catch {
    return false;
  }
}

function pause() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pollMs);
}
