/** Keeps a client's results and mutations in the browser, so that an app works without a connection. */

import type { Offline } from "../keeper.js";
import { indexedDb } from "./indexed-db.js";
import { OfflineKeeper } from "./offline.js";
import type { OfflineOptions } from "./options.js";
import { browserTabs } from "./tabs.js";

export type { Offline } from "../keeper.js";
export { indexedDb } from "./indexed-db.js";
export type { OfflineOptions, RefusedMutation } from "./options.js";
export { inMemory, type OfflineStorage, type StorageChange } from "./storage.js";
export type { Channel, Tabs } from "./tabs.js";

const CACHE_BYTES_MAX = 8 * 1024 * 1024;
const CACHE_AGE_MS = 7 * 24 * 60 * 60 * 1000;

/** Makes what a `ZerobackClient` takes as `offline`. */
export function offline(options: OfflineOptions): Offline {
  const { storage = indexedDb(), tabs = browserTabs, onRefused = () => {} } = options;
  const { cacheBytesMax = CACHE_BYTES_MAX, cacheAgeMs = CACHE_AGE_MS, schemaHash } = options;
  const settings = { storage, tabs, onRefused, cacheBytesMax, cacheAgeMs, schemaHash };
  return { open: (host) => new OfflineKeeper(host, settings) };
}
