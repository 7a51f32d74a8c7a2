/**
 * What the client leaves to whoever keeps results and mutations when its page is gone. `zeroback/offline` makes
 * one; the client itself knows only these types.
 */

import type { Platform } from "./platform.js";
import type { Call, Outcome, RequestId } from "./protocol.js";
import type { QueryKey, QuerySet } from "./query-set.js";
import type { Requests } from "./requests.js";
import type { Result, Results } from "./results.js";

/** Made by `offline` from `zeroback/offline`, once for each client. */
export interface Offline {
  /** Called by the client. */
  open(host: OfflineHost): Keeper;
}

/** What a client is to its keeper. */
export interface OfflineHost {
  readonly url: string;
  readonly platform: Platform;
  readonly requests: Pick<Requests, "make" | "hold" | "release" | "doubt" | "doubted">;
  readonly asked: Pick<QuerySet, "all" | "renew">;
  readonly results: Pick<Results, "of" | "newest" | "take" | "forget">;
  /** Goes on sending, when what is kept is there. */
  goOn(): void;
  /** Shows anew what is kept of the queries. */
  show(keys: readonly QueryKey[]): void;
  /**
   * Ends a mutation whose outcome is known from elsewhere, or by default cannot be known. With `isAwaited` its promise
   * settles when the server has answered what is asked of it by now.
   */
  settle(requestId: RequestId, outcome?: Outcome, isAwaited?: boolean): void;
}

/** Order of calls: everything whenever, at last `close`. */
export interface Keeper {
  /** Whether nothing is to be sent yet: what is kept is being read. */
  readonly isLoading: boolean;
  /** Returns what is kept of a query, always the same object until that changes. */
  result(key: QueryKey): Result | undefined;
  /** Takes in that other results of these queries are shown. */
  handleShown(keys: readonly QueryKey[]): void;
  /** The server has answered all that was asked: what it has said nothing of is as it was. */
  handleAnswered(): void;
  /** Takes in a mutation, to be released. */
  keep(call: Call): void;
  /** Takes in that a request has left with an outcome; one without is still to take up its place. */
  handleEnd(requestId: RequestId, outcome: Outcome | undefined): void;
  /** Takes in who is here, as the server says; nobody is `""`. It is undefined for as long as that is not certain. */
  handleIdentity(identity: string | undefined): void;
  /** Forgets all that is kept of whoever is here. */
  wipe(): void;
  close(): void;
}
