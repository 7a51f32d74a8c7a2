/**
 * This tab's mutations that another tab sends. The server may show what they have made before the other tab has told
 * of it: so that a guess is not seen beside what it stands for, nothing new is shown in between.
 */

import type { OfflineHost } from "../keeper.js";
import type { Outcome, RequestId } from "../protocol.js";

type Told = readonly [requestId: RequestId, outcome: Outcome];

/** So long at most, while it is told of nothing or there is always one more: the other tab may have lost its connection. */
const DOUBT_MS_MAX = 2_000;

/** Order of calls: `handleReady` and `handleDoubt` as it is known, or not, who is here; all else whenever; at last `close`. */
export class Elsewhere {
  readonly #host: OfflineHost;
  /** Those that are sent, and may be made. */
  readonly #doubted = new Set<RequestId>();
  #isReady = false;
  /** Whether what comes may wait; if not, it is shown as soon as what is awaited already is there. */
  #isPatient = true;
  #cancelWait: (() => void) | undefined;
  /** Whether more were sent since it waits. */
  #hasMore = false;
  /** Those that have come to something, and are to be settled. */
  #told: Told[] = [];

  constructor(host: OfflineHost) {
    this.#host = host;
  }

  handleReady(): void {
    this.#isReady = true;
    this.#doubt();
  }

  /** Without a connection nothing comes that could be shown. */
  handleDoubt(): void {
    this.#isReady = false;
    this.#endWait();
  }

  /** Another tab sends these from now on. */
  handleSending(requestIds: readonly RequestId[]): void {
    for (const requestId of requestIds) this.#doubted.add(requestId);
    this.#hasMore = true;
    this.#doubt(requestIds);
  }

  /** Another tab has been told what these have come to. */
  handleOutcomes(told: readonly Told[]): void {
    for (const [requestId] of told) this.#doubted.delete(requestId);
    // A long queue comes to its end.
    if (this.#doubted.size > 0 && !this.#hasMore) {
      this.#endWait();
      this.#wait();
    }
    this.#told.push(...told);
    this.#settle();
  }

  /** All that has come is shown. */
  handleShown(): void {
    this.#endWait();
    if (this.#isPatient) return;
    this.#isPatient = true;
    // Those who wait for what is shown now are told first.
    queueMicrotask(() => {
      this.#settle();
      this.#doubt();
    });
  }

  close(): void {
    this.#endWait();
    for (const [requestId, outcome] of this.#told.splice(0)) this.#host.settle(requestId, outcome);
  }

  /** Has nothing new be shown for these. */
  #doubt(requestIds: Iterable<RequestId> = this.#doubted): void {
    if (!this.#isReady || !this.#isPatient) return;
    this.#host.requests.doubt(requestIds);
    this.#wait();
  }

  #wait(): void {
    if (!this.#isReady || !this.#isPatient || this.#doubted.size === 0 || this.#cancelWait !== undefined) return;
    this.#hasMore = false;
    this.#cancelWait = this.#host.platform.schedule(() => {
      this.#cancelWait = undefined;
      this.#isPatient = false;
      this.#host.requests.doubted.clear();
      this.#doubted.clear();
      this.#host.goOn();
    }, DOUBT_MS_MAX);
  }

  #endWait(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }

  /** Settles what has come to something, when the server has answered what is asked of it by now. */
  #settle(): void {
    if (!this.#isPatient || this.#told.length === 0) return;
    // To ask for anything anew brings all that is new: of a result that is known nothing is sent.
    const [query] = this.#host.asked.all();
    if (query !== undefined) this.#host.asked.renew(query);
    for (const [requestId, outcome] of this.#told.splice(0)) this.#host.settle(requestId, outcome, true);
  }
}
