/** The mutations that the storage has refused: in memory, in the client's own queue, behind all that are kept. */

import type { OfflineHost } from "../keeper.js";
import type { Call, RequestId } from "../protocol.js";

export class Unkept {
  readonly #requests: OfflineHost["requests"];
  #waiting: Call[] = [];
  readonly #released = new Map<RequestId, Call>();

  constructor(requests: OfflineHost["requests"]) {
    this.#requests = requests;
  }

  /** Those that are not released yet. */
  get waiting(): readonly Call[] {
    return this.#waiting;
  }

  addBefore(calls: readonly Call[]): void {
    this.#waiting.unshift(...calls);
  }

  add(calls: readonly Call[]): void {
    this.#waiting.push(...calls);
  }

  /** Has all of them sent. */
  release(): void {
    for (const call of this.#waiting.splice(0)) {
      this.#released.set(call.requestId, call);
      this.#requests.release(call.requestId);
    }
  }

  /** Takes out one that was released. */
  take(requestId: RequestId): Call | undefined {
    const call = this.#released.get(requestId);
    this.#released.delete(requestId);
    return call;
  }
}
