/** Where results and mutations are kept: what a place for them has to do, and one that is gone with the page. */

/** Sets the text of a key, or with `undefined` takes the key away. */
export type StorageChange = readonly [key: string, text: string | undefined];

/**
 * Texts by their keys, for all tabs of an app together.
 *
 * To keep them elsewhere than in IndexedDB, write one of these. Both methods may be called while others run; a `read`
 * sees all of a `write` or nothing.
 */
export interface OfflineStorage {
  /** Returns all entries whose keys begin with `prefix`, in any order. */
  read(prefix: string): Promise<ReadonlyArray<readonly [key: string, text: string]>>;
  /**
   * Makes all of the changes or none of them. Resolves when a crash cannot undo them any more; rejects only if none
   * was made.
   */
  write(changes: readonly StorageChange[]): Promise<void>;
}

/** Keeps texts in memory: for tests, and for runtimes that have no disk. */
export function inMemory(): OfflineStorage {
  const texts = new Map<string, string>();
  return {
    read: async (prefix) => [...texts].filter(([key]) => key.startsWith(prefix)),
    write: async (changes) => {
      for (const [key, text] of changes) {
        if (text === undefined) texts.delete(key);
        else texts.set(key, text);
      }
    },
  };
}

/** Returns what the keys of a part begin with; no part's prefix begins another's keys. */
export function prefixOf(...part: readonly string[]): string {
  return `${JSON.stringify(part).slice(0, -1)},`;
}

/** Puts a name behind a prefix. */
export function keyIn(prefix: string, name: string): string {
  return `${prefix}${JSON.stringify(name)}]`;
}

/** Returns the name behind the prefix. */
export function nameIn(prefix: string, key: string): string {
  return JSON.parse(key.slice(prefix.length, -1)) as string;
}
