/** The default storage: one database of the browser's, with one store of texts. */

import type { OfflineStorage } from "./storage.js";

const STORE = "texts";

/** Above all characters that a key has: keys are JSON. */
const LAST = "\uffff";

/**
 * Keeps texts in the IndexedDB database `name`. It is opened at the first use, and again when the browser has closed it.
 * Every call rejects where there is none, or no room.
 */
export function indexedDb(name = "zeroback", factory: IDBFactory | undefined = globalThis.indexedDB): OfflineStorage {
  let opened: Promise<IDBDatabase> | undefined;

  function open(): Promise<IDBDatabase> {
    opened ??= new Promise<IDBDatabase>((resolve, reject) => {
      if (factory === undefined) throw new Error("this runtime has no IndexedDB");
      const request = factory.open(name, 1);
      request.onupgradeneeded = () => void request.result.createObjectStore(STORE);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const database = request.result;
        // Whoever deletes it, or has another version, would wait for us.
        database.onversionchange = () => {
          database.close();
          opened = undefined;
        };
        database.onclose = () => (opened = undefined);
        resolve(database);
      };
    }).catch((cause: unknown) => {
      opened = undefined;
      throw cause;
    });
    return opened;
  }

  /** A transaction ends by itself as soon as nothing is asked of it, so all is asked in one go. */
  async function run<T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => () => T): Promise<T> {
    const database = await open();
    return new Promise((resolve, reject) => {
      // Else what is on its way to the disk counts as written.
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was aborted"));
      try {
        const answer = ask(transaction.objectStore(STORE));
        transaction.oncomplete = () => resolve(answer());
      } catch (cause) {
        // Else what was asked before would be done.
        transaction.abort();
        throw cause;
      }
    });
  }

  return {
    read: (prefix) =>
      run("readonly", (store) => {
        const range = IDBKeyRange.bound(prefix, prefix + LAST);
        const keys = store.getAllKeys(range);
        const texts = store.getAll(range);
        return () => keys.result.map((key, at) => [key as string, texts.result[at] as string] as const);
      }),
    write: (changes) =>
      run("readwrite", (store) => {
        for (const [key, text] of changes) {
          if (text === undefined) store.delete(key);
          else store.put(text, key);
        }
        return () => undefined;
      }),
  };
}
