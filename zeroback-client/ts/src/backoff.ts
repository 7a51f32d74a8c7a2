/** How long to wait before trying again. */

export interface BackoffOptions {
  /** The first retry waits at most this long; each further one up to twice as long as the one before. */
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
}

/** Between half of and the whole exponential delay, so that a crowd does not come back at once. */
export function backoffMs(attempt: number, options: BackoffOptions, random: () => number): number {
  const delayMs = Math.min(options.backoffMaxMs, options.backoffBaseMs * 2 ** attempt);
  return Math.round(delayMs * (0.5 + random() / 2));
}
