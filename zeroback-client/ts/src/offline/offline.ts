/** Keeps one client's results and mutations: joins cache and outbox to the client, for whoever is here. */

import { backoffMs } from "../backoff.js";
import { errorOf } from "../error.js";
import type { Keeper, OfflineHost } from "../keeper.js";
import type { Call, Outcome, RequestId, WireError } from "../protocol.js";
import type { QueryKey } from "../query-set.js";
import type { Result } from "../results.js";
import { Cache } from "./cache.js";
import { BACKOFF, type OfflineOptions } from "./options.js";
import { type Mutation, valuesOf } from "./entries.js";
import { Outbox } from "./outbox.js";
import { keyIn, prefixOf, type StorageChange } from "./storage.js";
import type { Channel } from "./tabs.js";

/** What is kept is waited for so long, and then shown whenever it comes. */
const LOAD_MS_MAX = 1_000;

const NEVER_SENT: Outcome = {
  status: "error",
  errorCode: "client_closed",
  errorMessage: "it was not sent while whoever made it was here",
};

export class OfflineKeeper implements Keeper {
  isLoading = true;
  readonly #host: OfflineHost;
  readonly #options: Required<OfflineOptions>;
  readonly #channel: Channel;
  readonly #identityKey: string;
  /** Whose results and mutations these are: who was here last, until the server says who is. */
  #identity: string | undefined;
  /** Who is here, as the server says, while that is certain. */
  #said: string | undefined;
  #cache: Cache | undefined;
  #outbox: Outbox | undefined;
  /** Mutations that were made before anybody could say who makes them. */
  #early: Call[] = [];
  #loaded: Promise<void> = Promise.resolve();
  #wiped: Promise<void> = Promise.resolve();
  /** Whether it is not read yet who was here last, and whether what is kept of them is to go. */
  #isStarting = true;
  #wipesLast = false;
  #isClosed = false;
  #isWarned = false;

  constructor(host: OfflineHost, options: Required<OfflineOptions>) {
    this.#host = host;
    this.#options = options;
    this.#identityKey = keyIn(prefixOf("identity"), host.url);
    this.#channel = options.tabs.channel(`zeroback ${host.url}`, (identity) => {
      if (identity === this.#identity) this.#wipeHere();
    });
    void this.#start();
  }

  result(key: QueryKey): Result | undefined {
    return this.#cache?.result(key);
  }

  handleShown(keys: readonly QueryKey[]): void {
    this.#outbox?.handleShown();
    if (this.#said === undefined) return;
    for (const key of keys) {
      const { tag } = this.#host.results.newest(key) ?? {};
      const state = this.#host.results.of(key);
      if (tag !== undefined && state.status === "success") this.#cache?.put(key, tag, state.value);
      else this.#cache?.drop(key);
    }
  }

  keep(call: Call): void {
    if (this.#outbox === undefined) this.#early.push(call);
    else this.#outbox.add(call);
  }

  handleAnswered(): void {
    const { asked, results } = this.#host;
    for (const { key, told } of asked.all()) {
      const { tag, state } = results.newest(key) ?? {};
      if (told && state?.status === "success" && state.isStale) results.take(key, { tag, status: "success", value: state.value });
    }
  }

  handleEnd(requestId: RequestId, outcome: Outcome | undefined): void {
    if (outcome !== undefined) this.#outbox?.handleEnd(requestId, outcome);
  }

  handleIdentity(identity: string | undefined): void {
    if (this.#isClosed) return;
    this.#said = identity;
    if (identity === undefined) return this.#outbox?.handleDoubt();
    if (identity !== this.#identity) {
      this.#part();
      this.#enter(identity);
      void this.#write([[this.#identityKey, identity]]);
      // What was taken away is asked for anew.
      this.#host.goOn();
    }
    this.#outbox?.handleReady();
  }

  wipe(): void {
    this.#wipesLast = this.#isStarting && this.#identity === undefined;
    if (this.#identity === undefined) return;
    this.#channel.post(this.#identity);
    this.#said = undefined;
    this.#wipeHere();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#channel.close();
    this.#part();
  }

  async #start(): Promise<void> {
    const cancel = this.#host.platform.schedule(() => this.#goOn(), LOAD_MS_MAX);
    try {
      const [last] = await this.#options.storage.read(this.#identityKey);
      this.#isStarting = false;
      if (last !== undefined && this.#identity === undefined && !this.#isClosed) {
        this.#enter(last[1]);
        if (this.#wipesLast) this.wipe();
      }
    } catch (cause) {
      this.#warn(cause);
    }
    await this.#loaded;
    cancel();
    this.#goOn();
  }

  #goOn(): void {
    if (!this.isLoading || this.#isClosed) return;
    this.isLoading = false;
    this.#host.goOn();
  }

  /** Opens what is kept of somebody. */
  #enter(identity: string): void {
    const { storage, schemaHash, cacheBytesMax: bytesMax, cacheAgeMs: ageMsMax, tabs } = this.#options;
    const { url, platform } = this.#host;
    const { now, schedule } = platform;
    const warn = (cause: unknown): void => this.#warn(cause);
    const onRefused = (call: Mutation, error: WireError): void => this.#refuse(call, error);
    this.#identity = identity;
    this.#cache = new Cache({ storage, url, schemaHash, identity, bytesMax, ageMsMax, now, schedule, warn });
    this.#outbox = new Outbox({ host: this.#host, storage, tabs, url, identity, after: this.#wiped, onRefused, warn });
    for (const call of this.#early.splice(0)) this.#outbox.add(call);
    this.#loaded = this.#load(this.#cache);
  }

  async #load(cache: Cache): Promise<void> {
    try {
      await this.#wiped;
      const keys = await cache.load();
      if (cache === this.#cache) this.#host.show(keys);
    } catch (cause) {
      this.#warn(cause);
    }
  }

  /** Leaves what is kept for another time. */
  #part(): void {
    const left = this.#leave();
    left?.cache.close();
    left?.outbox.leave();
  }

  /** Takes away what is shown of somebody, and ends what is waited for. */
  #leave(): { readonly cache: Cache; readonly outbox: Outbox } | undefined {
    const [cache, outbox] = [this.#cache, this.#outbox];
    this.#cache = this.#outbox = this.#identity = undefined;
    if (cache === undefined || outbox === undefined) return undefined;
    const { kept, unkept } = outbox.stop();
    for (const requestId of kept) this.#host.settle(requestId);
    for (const requestId of unkept) this.#host.settle(requestId, NEVER_SENT);
    this.#forgetStale();
    return { cache, outbox };
  }

  /** Takes away all that is shown of what was kept, and asks the server for it anew. */
  #forgetStale(): void {
    const { asked, results } = this.#host;
    const lost = asked.all().filter(({ key }) => {
      const { state } = results.newest(key) ?? {};
      return state === undefined || (state.status === "success" && state.isStale);
    });
    for (const query of lost) {
      results.forget(query.key);
      asked.renew(query);
    }
    this.#host.show(lost.map(({ key }) => key));
  }

  #wipeHere(): void {
    const said = this.#said;
    const left = this.#leave();
    if (left === undefined) return;
    this.#wiped = this.#clear(left.cache, left.outbox);
    if (said !== undefined) this.handleIdentity(said);
  }

  async #clear(cache: Cache, outbox: Outbox): Promise<void> {
    for (let retries = 0; ; retries++) {
      try {
        await this.#options.storage.write([...(await outbox.clear()), ...(await cache.clear()), [this.#identityKey, undefined]]);
        return outbox.leave();
      } catch (cause) {
        this.#warn(cause);
        const { schedule, random } = this.#host.platform;
        await new Promise<void>((resolve) => schedule(resolve, backoffMs(retries, BACKOFF, random)));
      }
    }
  }

  async #write(changes: readonly StorageChange[]): Promise<void> {
    try {
      await this.#wiped;
      await this.#options.storage.write(changes);
    } catch (cause) {
      this.#warn(cause);
    }
  }

  #refuse({ path, args }: Mutation, error: WireError): void {
    try {
      this.#options.onRefused({ path, args: valuesOf(args) }, errorOf(error));
    } catch (cause) {
      this.#host.platform.warn("onRefused threw", cause);
    }
  }

  #warn(cause: unknown): void {
    if (!this.#isWarned) this.#host.platform.warn("the storage failed; what it does not take is in memory only", cause);
    this.#isWarned = true;
  }
}
