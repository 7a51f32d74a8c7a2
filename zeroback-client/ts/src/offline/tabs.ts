/** How the tabs of an app know of each other. The only file here that touches the browser beside `indexed-db.ts`. */

export interface Tabs {
  /**
   * Calls back once no other tab has the lock any more. Returns what gives it back, or gives up waiting; a tab that is
   * closed gives it back too.
   */
  lock(name: string, onHeld: () => void): () => void;
  /** Joins those who say things to each other; nobody hears what they say themselves. */
  channel(name: string, onMessage: (message: unknown) => void): Channel;
}

export interface Channel {
  post(message: unknown): void;
  close(): void;
}

/** Where there are no Web Locks or no `BroadcastChannel`, a tab takes itself for the only one. */
export const browserTabs: Tabs = {
  lock(name, onHeld) {
    const leaving = new AbortController();
    const left = new Promise<void>((resolve) => leaving.signal.addEventListener("abort", () => resolve()));
    const hold = (): Promise<void> | undefined => {
      if (leaving.signal.aborted) return undefined;
      onHeld();
      return left;
    };
    const locks = globalThis.navigator?.locks as LockManager | undefined;
    if (locks === undefined) queueMicrotask(hold);
    // It rejects when it is given up before it was had.
    else locks.request(name, { signal: leaving.signal }, hold).catch(() => {});
    return () => leaving.abort();
  },
  channel(name, onMessage) {
    if (globalThis.BroadcastChannel === undefined) return { post() {}, close() {} };
    const channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }: MessageEvent<unknown>) => onMessage(data);
    return { post: (message) => channel.postMessage(message), close: () => channel.close() };
  },
};
