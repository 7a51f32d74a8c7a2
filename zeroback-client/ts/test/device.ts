/** A device with tabs: one storage, one set of locks, channels between them, and a client in each tab. */

import type { ZerobackClient } from "../src/index.js";
import { inMemory, offline, type OfflineOptions, type OfflineStorage, type RefusedMutation, type StorageChange, type Tabs } from "../src/offline/index.js";
import { FakeDatabase, FakeServer } from "./fake-server.js";
import { settle, World } from "./world.js";

/** As `settle`, for what takes more turns: a storage answers after a few. */
export async function rest(): Promise<void> {
  for (let turns = 0; turns < 6; turns++) await settle();
}

interface Waiting {
  readonly tab: Tab;
  readonly name: string;
  readonly onHeld: () => void;
}

export class Device {
  readonly disk: OfflineStorage = inMemory();
  readonly database = new FakeDatabase();
  readonly tabs: Tab[] = [];
  readonly refused: Array<RefusedMutation & { readonly code: string }> = [];
  /** All that was ever said to other tabs. */
  readonly said: unknown[] = [];
  /** The texts of all mutations that were ever on the disk. */
  readonly everKept = new Set<string>();
  readonly #locks = new Map<string, Waiting[]>();
  readonly channels = new Set<{ readonly tab: Tab; readonly name: string; readonly onMessage: (message: unknown) => void }>();
  #nextByte = 0;
  nowMs = 0;

  readonly randomBytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => this.#nextByte++ * 7);

  async open(options: Partial<OfflineOptions> = {}, identity?: string, atOnce?: (client: ZerobackClient) => void): Promise<Tab> {
    const tab = new Tab(this, options, identity);
    atOnce?.(tab.client);
    this.tabs.push(tab);
    await rest();
    return tab;
  }

  /** Asks for a lock. */
  lock(waiting: Waiting): () => void {
    const queue = this.#locks.get(waiting.name) ?? [];
    this.#locks.set(waiting.name, queue);
    queue.push(waiting);
    if (queue.length === 1) queueMicrotask(() => queue[0] === waiting && waiting.onHeld());
    return () => {
      const [holder] = queue;
      if (queue.includes(waiting)) queue.splice(queue.indexOf(waiting), 1);
      const next = queue[0];
      if (holder === waiting && next !== undefined) queueMicrotask(() => queue[0] === next && next.onHeld());
    };
  }

  /** The tab is gone, without having said a word. */
  async kill(tab: Tab): Promise<void> {
    tab.die();
    this.tabs.splice(this.tabs.indexOf(tab), 1);
    for (const channel of [...this.channels]) if (channel.tab === tab) this.channels.delete(channel);
    for (const release of tab.locks) release();
    await rest();
  }

  async advance(ms: number): Promise<void> {
    this.nowMs += ms;
    for (const tab of this.tabs) await tab.world.advance(ms);
  }

  /** Connects all tabs, and lets everything be said that there is to say. */
  async run(rounds = 4, ms = 100): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      for (const tab of this.tabs) await tab.serve();
      await this.advance(ms);
    }
  }

  async write(changes: readonly StorageChange[]): Promise<void> {
    await this.disk.write(changes);
    for (const [key, text] of changes) {
      if (text !== undefined && key.startsWith(`["mutation"`)) this.everKept.add((JSON.parse(text) as { args: { text: string } }).args.text);
    }
  }

  get texts(): string[] {
    return this.database.log.map(({ text }) => text);
  }

  /** What the disk has of a kind: "mutation", "cache", "identity" or "queue". */
  async kept(kind: string): Promise<string[]> {
    return (await this.disk.read(`["${kind}",`)).map(([key]) => key);
  }
}

export class Tab {
  readonly world: World;
  readonly server: FakeServer;
  readonly client: ZerobackClient;
  readonly locks: Array<() => void> = [];
  isDead = false;
  /** Whether its storage has ever refused something. */
  hasFailed = false;
  /** How many more operations of the storage there are before it fails once, or the tab dies in it. */
  failsIn = Infinity;
  diesIn = Infinity;
  /** Whether each operation that writes fails, or each. */
  isFull = false;
  isBroken = false;
  operations = 0;

  constructor(device: Device, options: Partial<OfflineOptions>, identity: string | undefined) {
    this.world = new World(device.nowMs);
    this.server = new FakeServer(this.world, device.database);
    this.server.identity = identity;
    const tabs: Tabs = {
      lock: (name, onHeld) => {
        const release = device.lock({ tab: this, name, onHeld: () => this.isDead || onHeld() });
        this.locks.push(release);
        return release;
      },
      channel: (name, onMessage) => {
        const own = { tab: this, name, onMessage };
        device.channels.add(own);
        return {
          post: (message) => {
            if (this.isDead) return;
            device.said.push(message);
            for (const other of device.channels) {
              if (other !== own && other.name === name) queueMicrotask(() => other.tab.isDead || !device.channels.has(other) || other.onMessage(structuredClone(message)));
            }
          },
          close: () => void device.channels.delete(own),
        };
      },
    };
    const storage: OfflineStorage = {
      read: (prefix) => this.#operate(() => device.disk.read(prefix), this.isBroken),
      write: (changes) => {
        const isMore = changes.some(([, text]) => text !== undefined);
        return this.#operate(() => device.write(changes), this.isBroken || (this.isFull && isMore));
      },
    };
    const onRefused = (mutation: RefusedMutation, { code }: { code: string }): void => void device.refused.push({ ...mutation, code });
    this.client = this.world.client({
      platform: { ...this.world, connect: this.server.connect, randomBytes: device.randomBytes },
      lingerMs: 10,
      offline: offline({ schemaHash: "schema1", storage, tabs, onRefused, ...options }),
    });
  }

  /** Nothing of it goes on: its storage never answers, and its socket is gone. */
  die(): void {
    this.isDead = true;
    const { socket } = this.world;
    socket.onopen = socket.onmessage = socket.onclose = null;
  }

  async serve(): Promise<void> {
    if (this.isDead) return;
    if (this.client.connectionState === "disconnected") this.world.wake();
    if (this.client.connectionState === "connecting") this.server.accept();
    await rest();
    while (this.server.waiting > 0) this.server.read();
    this.server.flush();
    await rest();
  }

  async #operate<T>(operation: () => Promise<T>, fails: boolean): Promise<T> {
    this.operations++;
    await Promise.resolve();
    // Killed before it, or after it: for each operation both are tried.
    if (this.diesIn-- <= 0) this.isDead = true;
    if (this.isDead) return new Promise(() => {});
    this.hasFailed ||= fails || this.failsIn === 0;
    if (this.failsIn-- === 0 || fails) throw new Error("QuotaExceededError");
    const answer = await operation();
    if (this.diesIn-- <= 0) this.isDead = true;
    return this.isDead ? new Promise(() => {}) : answer;
  }
}
