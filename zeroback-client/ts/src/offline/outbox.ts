/**
 * The mutations of one identity, in the storage from the call until the answer. All tabs write theirs; the one that
 * holds the lock sends them.
 */

import { encodeBase64Url } from "../base64.js";
import type { OfflineHost } from "../keeper.js";
import type { Call, Outcome, RequestId } from "../protocol.js";
import { Elsewhere } from "./elsewhere.js";
import { Entries, Names } from "./entries.js";
import type { OutboxOptions } from "./options.js";
import { type Message, Sender } from "./sender.js";
import type { StorageChange } from "./storage.js";
import type { Channel } from "./tabs.js";
import { Unkept } from "./unkept.js";

/** How often the tab that sends looks for what nobody has told it of. */
const LOOK_EVERY_MS = 30_000;

/** Order of calls: `handleReady` and `handleDoubt` as it is known, or not, who is here; `stop`, and perhaps `clear`; `leave`. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #host: OfflineHost;
  readonly #entries: Entries;
  readonly #names: Names;
  readonly #channel: Channel;
  #unlock: (() => void) | undefined;
  #isClosed = false;
  /** Whether the storage has refused a mutation. */
  #isFallen = false;
  /** The storage is asked one thing after another. */
  #turn: Promise<void>;
  /** This tab's mutations that are to be written, in their order. */
  #unwritten: Call[] = [];
  /** And by their names those that are. */
  readonly #own = new Map<string, Call>();
  readonly #unkept: Unkept;
  readonly #elsewhere: Elsewhere;
  readonly #sender: Sender;
  readonly #timers = new Set<() => void>();

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#host = options.host;
    const { storage, url, identity, tabs, host, after } = options;
    this.#turn = after;
    this.#entries = new Entries(storage, url, identity);
    this.#unkept = new Unkept(host.requests);
    this.#elsewhere = new Elsewhere(host);
    this.#names = new Names(encodeBase64Url(host.platform.randomBytes(6)), host.platform.now);
    const name = `zeroback ${JSON.stringify([url, identity])}`;
    this.#channel = tabs.channel(name, (message) => this.#handleMessage(message as Message));
    this.#sender = new Sender({
      host,
      entries: this.#entries,
      names: this.#names,
      own: this.#own,
      isClosed: () => this.#isClosed,
      post: (message) => this.#channel.post(message),
      run: (task) => this.#run(task),
      later: (task, delayMs) => this.#later(task, delayMs),
      fall: (names, cause) => this.#fall(names, cause),
    });
    this.#run(async () => void (this.#unlock = tabs.lock(name, () => this.#handleLock())));
  }

  add(call: Call): void {
    if (this.#isFallen) {
      this.#unkept.add([call]);
      return this.#releaseUnkept();
    }
    this.#unwritten.push(call);
    this.#run(() => this.#write());
  }

  /** It is known who is here: what is kept may be sent. */
  handleReady(): void {
    this.#elsewhere.handleReady();
    this.#sender.handleReady();
  }

  /** Nothing more is sent until it is known again. */
  handleDoubt(): void {
    this.#elsewhere.handleDoubt();
    this.#sender.handleDoubt();
  }

  handleShown(): void {
    this.#elsewhere.handleShown();
  }

  handleEnd(requestId: RequestId, outcome: Outcome): void {
    if (this.#isClosed) return;
    const [name, call] = this.#sender.handleEnd(requestId, outcome) ?? [undefined, this.#unkept.take(requestId)];
    if (call !== undefined && outcome.status === "error") this.#options.onRefused(call, outcome);
    if (name !== undefined) this.#settleOwn(name);
  }

  /** Does nothing more. Returns the requests that are left; what is kept stays, for another tab or another time. */
  stop(): { readonly kept: Iterable<RequestId>; readonly unkept: Iterable<RequestId> } {
    this.#isClosed = true;
    for (const cancel of this.#timers) cancel();
    this.#elsewhere.close();
    this.#channel.close();
    const idsOf = (calls: Iterable<Call>): readonly RequestId[] => [...calls].map(({ requestId }) => requestId);
    return { kept: new Set([...idsOf(this.#own.values()), ...this.#sender.requestIds]), unkept: idsOf([...this.#unkept.waiting, ...this.#unwritten]) };
  }

  /** Lets another tab go on. */
  leave(): void {
    this.#unlock?.();
  }

  /** Returns what clears the storage. */
  async clear(): Promise<readonly StorageChange[]> {
    // What is being written must not come behind.
    await this.#turn;
    return this.#entries.clearing();
  }

  #handleMessage(message: Message): void {
    if (message.type === "added") return this.#sender.take(message.names);
    // What this tab has sent itself by now is answered to it.
    const isElsewhere = (name: string): boolean => this.#own.has(name) && !this.#sender.has(name);
    const idOf = (name: string): RequestId | undefined => (isElsewhere(name) ? this.#own.get(name)?.requestId : undefined);
    if (message.type === "sending") return this.#elsewhere.handleSending(message.names.flatMap((name) => idOf(name) ?? []));
    const told: Array<readonly [RequestId, Outcome]> = [];
    for (const [name, outcome] of message.outcomes) {
      const requestId = idOf(name);
      if (requestId === undefined) continue;
      told.push([requestId, outcome]);
      this.#settleOwn(name);
    }
    this.#elsewhere.handleOutcomes(told);
  }

  #handleLock(): void {
    this.#sender.isHolder = true;
    this.#look();
  }

  /** Sends what there is, now and then: a tab may end between writing and saying so. */
  #look(): void {
    this.#sender.take();
    this.#later(() => this.#look(), LOOK_EVERY_MS);
  }

  /** Writes the mutations of this tab that are not written yet, all at once. */
  async #write(): Promise<void> {
    const calls = this.#unwritten;
    if (calls.length === 0) return;
    this.#unwritten = [];
    const isSender = this.#sender.isHolder;
    const entries = calls.map((call) => [this.#names.next(), call] as const);
    for (const [name, call] of entries) this.#own.set(name, call);
    try {
      await this.#entries.put(entries);
    } catch (cause) {
      return this.#fall(entries.map(([name]) => name), cause);
    }
    // If this is the sender only since then, the one before it may have sent them already.
    if (isSender) await this.#sender.takeWritten(entries);
    else this.#channel.post({ type: "added", names: entries.map(([name]) => name) } satisfies Message);
  }

  /** From now on this tab's mutations are in memory only, those of these names too. */
  #fall(names: readonly string[], cause: unknown): void {
    this.#options.warn(cause);
    this.#isFallen = true;
    this.#unkept.addBefore(names.flatMap((name) => this.#own.get(name) ?? []));
    for (const name of names) {
      this.#own.delete(name);
      this.#sender.drop(name);
    }
    this.#unkept.add(this.#unwritten.splice(0));
    this.#releaseUnkept();
  }

  #settleOwn(name: string): void {
    this.#own.delete(name);
    this.#releaseUnkept();
  }

  #releaseUnkept(): void {
    // Those that are kept were made before.
    if (this.#own.size === 0) this.#unkept.release();
  }

  #run(task: () => Promise<void>): void {
    this.#turn = this.#turn.then(() => (this.#isClosed ? undefined : task()));
  }

  #later(task: () => void, delayMs: number): void {
    if (this.#isClosed) return;
    const cancel = this.#host.platform.schedule(() => {
      this.#timers.delete(cancel);
      task();
    }, delayMs);
    this.#timers.add(cancel);
  }
}
