// One deadline at a time, for the price of one timer an exchange: a later deadline only moves a
// number, and the timer looks again when it fires. It fires soon enough that the shorter deadlines
// of the questions to come need no other one, unless they are very short.

const longestNapMs = 30_000;

export class Watchdog {
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  #firesAt = 0;
  #deadline = Infinity;
  /** @type {(() => void) | undefined} */ #expire;

  /**
   * The promise's own outcome, or undefined when `ms` pass first. A promise that loses may still
   * settle; nobody looks then.
   * @template T
   * @param {Promise<T>} promise
   * @param {number} ms
   * @returns {Promise<T | undefined>}
   */
  within(promise, ms) {
    return new Promise((resolve, reject) => {
      this.#expire = () => resolve(undefined);
      this.#arm(Date.now() + ms, ms);
      promise.then(
        (value) => {
          this.#deadline = Infinity;
          resolve(value);
        },
        (cause) => {
          this.#deadline = Infinity;
          reject(cause);
        },
      );
    });
  }

  stop() {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#deadline = Infinity;
  }

  /** @param {number} deadline @param {number} ms */
  #arm(deadline, ms) {
    this.#deadline = deadline;
    if (this.#timer !== undefined) {
      if (this.#firesAt <= deadline) return;
      clearTimeout(this.#timer);
    }
    const nap = Math.min(ms, longestNapMs);
    this.#firesAt = deadline - ms + nap;
    this.#timer = setTimeout(() => this.#look(), nap);
  }

  #look() {
    this.#timer = undefined;
    if (this.#deadline === Infinity) return;
    const left = this.#deadline - Date.now();
    if (left > 0) return this.#arm(this.#deadline, left);
    this.#deadline = Infinity;
    this.#expire?.();
  }
}
