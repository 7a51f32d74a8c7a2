/** What an app says of what is kept, and what that comes to for mutations. */

import type { BackoffOptions } from "../backoff.js";
import type { ZerobackError } from "../error.js";
import type { OfflineHost } from "../keeper.js";
import type { WireError } from "../protocol.js";
import type { Mutation } from "./entries.js";
import type { OfflineStorage } from "./storage.js";
import type { Tabs } from "./tabs.js";

/** A mutation that the server has refused. */
export interface RefusedMutation {
  readonly path: string;
  readonly args: object;
}

export interface OfflineOptions {
  /** `schemaHash` from the generated `api.ts`: results of another schema are not shown. */
  readonly schemaHash: string;
  /** Told, in the tab that sends, of each mutation that failed, also where the tab that made it is gone. */
  readonly onRefused?: (mutation: RefusedMutation, error: ZerobackError) => void;
  /** Default: `indexedDb()`. */
  readonly storage?: OfflineStorage;
  /** How many bytes of results are kept; those that were not used for longest go first. Default: 8 MiB. */
  readonly cacheBytesMax?: number;
  /** For how many milliseconds a result is kept that is not used. Default: 7 days. */
  readonly cacheAgeMs?: number;
  /** How tabs know of each other, for tests. Default: Web Locks and a `BroadcastChannel`. */
  readonly tabs?: Tabs;
}

export interface OutboxOptions {
  readonly host: OfflineHost;
  readonly storage: OfflineStorage;
  readonly tabs: Tabs;
  readonly url: string;
  readonly identity: string;
  /** The storage is not touched before. */
  readonly after: Promise<void>;
  readonly onRefused: (call: Mutation, error: WireError) => void;
  readonly warn: (cause: unknown) => void;
}

/** When a storage that has failed is tried again. */
export const BACKOFF: BackoffOptions = { backoffBaseMs: 250, backoffMaxMs: 15_000 };
