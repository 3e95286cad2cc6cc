// Times and durations as people write them.

import { UsageError } from "./problem.mjs";

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/**
 * `90d`, `12h`, `0`: milliseconds; undefined when it is no duration.
 * @param {string} text
 */
export function durationMs(text) {
  if (text === "0") return 0;
  const match = /^(\d{1,6})([smhdw])$/.exec(text);
  return match ? Number(match[1]) * unitMs[/** @type {keyof typeof unitMs} */ (match[2])] : undefined;
}

/**
 * An end in the future: a duration from now, or RFC 3339 in UTC as the core reads it. Whole seconds,
 * because a ring knows no others.
 * @param {import("./help.mjs").Context} context
 * @param {string | undefined} text
 * @returns {number | null}
 */
export function expiryMs({ core, nowMs }, text) {
  if (text === undefined) return null;
  const duration = durationMs(text);
  if (duration === undefined && !/^[\dTZ:.-]+$/.test(text))
    throw new UsageError("--expires wants a time in UTC such as 2027-01-01T00:00:00Z, or a duration such as 90d");
  const ms = duration === undefined ? core.ask({ do: "time", text }).ms : nowMs + duration;
  if (ms <= nowMs) throw new UsageError("--expires must lie in the future");
  return wholeSeconds(ms);
}

/** @param {number} ms */
export const wholeSeconds = (ms) => Math.floor(ms / 1_000) * 1_000;

/** `in 3 days`, `2 hours ago`. @param {number} ms @param {number} nowMs */
export function relative(ms, nowMs) {
  const distance = Math.abs(ms - nowMs);
  const [unit, size] = distance >= 2 * unitMs.d ? ["days", unitMs.d] : distance >= 2 * unitMs.h ? ["hours", unitMs.h] : ["minutes", unitMs.m];
  const count = Math.round(distance / Number(size));
  return ms > nowMs ? `in ${count} ${unit}` : `${count} ${unit} ago`;
}
