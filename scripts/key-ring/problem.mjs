// What ends a command early. Messages never hold a key, nor an argument that might be one.

/** The answer is no, or something is wrong: exit code 1. */
export class Problem extends Error {
  exitCode = 1;
}

/** The command was not called as it wants to be: exit code 2. */
export class UsageError extends Problem {
  exitCode = 2;
}
