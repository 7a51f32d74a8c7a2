/**
 * A server in memory with one list of rows, which is asked for in pages. It keeps the rules of PROTOCOL.md and does
 * only what it is told: read a message, flush, lose a connection.
 */

import type { Page, PageOpts } from "../src/pages.js";
import type { FakeSocket, World } from "./world.js";

export interface Row {
  readonly _id: string;
  readonly rank: number;
  readonly text: string;
}

type Outcome =
  | { readonly status: "success"; readonly value: Page<Row> }
  | { readonly status: "error"; readonly errorCode: string; readonly errorMessage: string };

interface Subscription {
  readonly page: PageOpts;
  outcome: Outcome | undefined;
  tag: string | undefined;
}

interface Session {
  readonly socket: FakeSocket;
  readonly subscriptions: Map<number, Subscription>;
  set: number | undefined;
  setIsTold: boolean;
}

export class PageServer {
  /** The rows of each version, in their order; the newest is the last. */
  readonly history: Array<readonly Row[]> = [[]];
  /** What seals cursors: those of another key are refused. */
  key = 0;
  /** Whether it refuses its own cursors too. */
  takesNoCursors = false;
  /** What every query is answered with instead. */
  failure: string | undefined;
  /** How many updates had a whole value. */
  wholes = 0;
  #session: Session | undefined;

  constructor(readonly world: World) {}

  get rows(): readonly Row[] {
    return this.history.at(-1) ?? [];
  }

  /** Commits a new version. */
  write(rows: readonly Row[]): void {
    this.history.push([...rows].sort((a, b) => a.rank - b.rank || (a._id < b._id ? -1 : 1)));
  }

  accept(): void {
    const { socket } = this.world;
    this.#session = { socket, subscriptions: new Map(), set: undefined, setIsTold: true };
    socket.accept();
  }

  /** The pages that are subscribed to. */
  get pages(): readonly PageOpts[] {
    return [...(this.#session?.subscriptions.values() ?? [])].map(({ page }) => page);
  }

  /** Takes the next message in, if there is one. */
  read(): boolean {
    const text = this.#session?.socket.sent.shift();
    if (this.#session === undefined || text === undefined) return false;
    const message = JSON.parse(text) as { type: string };
    if (message.type === "querySet") this.#readQuerySet(this.#session, message);
    return true;
  }

  /** Says all that is new, in one transition. */
  flush(): void {
    const session = this.#session;
    if (session === undefined || session.socket.onmessage === null) return;
    const queries = [...session.subscriptions].flatMap(([queryId, subscription]) => {
      const update = this.#update(subscription);
      return update === undefined ? [] : [{ queryId, ...update }];
    });
    if (queries.length === 0 && session.setIsTold) return;
    session.setIsTold = true;
    session.socket.say({ type: "transition", version: [1, this.history.length], set: session.set, queries });
  }

  #readQuerySet(session: Session, message: object): void {
    const { set, add = [], remove = [] } = message as {
      set?: number;
      add?: ReadonlyArray<{ queryId: number; args: { page: PageOpts }; tag?: string }>;
      remove?: readonly number[];
    };
    for (const queryId of remove) session.subscriptions.delete(queryId);
    for (const { queryId, args, tag } of add) {
      session.subscriptions.set(queryId, { page: args.page, outcome: undefined, tag });
    }
    if (set === undefined) return;
    session.set = set;
    session.setIsTold = false;
  }

  #update(subscription: Subscription): object | undefined {
    const outcome = this.#run(subscription.page);
    const before = subscription.outcome;
    const tag = JSON.stringify(outcome);
    const base = subscription.tag;
    subscription.outcome = outcome;
    subscription.tag = tag;
    if (tag === base) return undefined;
    if (before?.status === "success" && outcome.status === "success") {
      return { base, tag, deltas: [deltaOf(before.value, outcome.value)] };
    }
    this.wholes++;
    return { tag, ...outcome };
  }

  #run({ limit, cursor = null, endCursor = null }: PageOpts): Outcome {
    const error = (errorCode: string): Outcome => ({ status: "error", errorCode, errorMessage: errorCode });
    if (this.failure !== undefined) return error(this.failure);
    const isForeign = (place: string | null) => place !== null && (this.takesNoCursors || !place.startsWith(`${this.key}|`));
    if (isForeign(cursor) || isForeign(endCursor)) return error("bad_cursor");
    const behind = this.rows.filter((row) => cursor === null || isBehind(this.#place(row), cursor));
    if (endCursor === null) {
      const items = behind.slice(0, limit);
      const isDone = behind.length <= limit;
      const end = isDone ? this.#end : this.#place(items.at(-1));
      return { status: "success", value: { items, endCursor: end, splitCursor: null, isDone } };
    }
    const items = behind.filter((row) => !isBehind(this.#place(row), endCursor));
    const splitCursor = items.length > 2 * limit ? this.#place(items[(items.length >> 1) - 1]) : null;
    return { status: "success", value: { items, endCursor, splitCursor, isDone: endCursor === this.#end } };
  }

  get #end(): string {
    return `${this.key}|~`;
  }

  #place(row: Row | undefined): string {
    return `${this.key}|${String(row?.rank).padStart(6, "0")} ${row?._id}`;
  }
}

function isBehind(place: string, cursor: string): boolean {
  return place > cursor;
}

/** Replaces what lies between the common beginning and the common end. */
function deltaOf(before: Page<Row>, after: Page<Row>): object {
  const texts = (page: Page<Row>) => page.items.map((row) => JSON.stringify(row));
  const [old, now] = [texts(before), texts(after)];
  const most = Math.min(old.length, now.length);
  let start = 0;
  while (start < most && old[start] === now[start]) start++;
  let end = 0;
  while (end < most - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  const list = [[start, before.items[start]?._id ?? null, old.length - end - start, after.items.slice(start, now.length - end)]];
  const { items, ...others } = after;
  return { set: others, change: { items: { list } } };
}
