/**
 * A server in memory that keeps the rules of PROTOCOL.md and does only what it is told, one step at a
 * time: read a message, flush, lose a connection. Its data is one log of tasks.
 */

import type { Socket } from "../src/platform.js";
import { FakeSocket, type World } from "./world.js";

export interface Task {
  readonly _id: string;
  readonly text: string;
}

type Fields = Record<string, unknown>;
type Outcome =
  | { status: "success"; value: unknown }
  | { status: "error"; errorCode: string; errorMessage: string; resend?: boolean };

interface Call {
  readonly type: "query" | "mutation";
  readonly requestId: number;
  readonly path: string;
  readonly args: Fields;
  readonly queue?: string;
  readonly sequence?: number;
  readonly ackedThrough?: number;
  readonly attempted?: boolean;
}

interface Queue {
  last: number;
  readonly records: Map<number, { readonly call: string; readonly outcome: Outcome }>;
}

interface Database {
  readonly log: readonly Task[];
  readonly queues: ReadonlyMap<string, Queue>;
}

interface Session {
  readonly identity: string | undefined;
  readonly socket: FakeSocket;
  readonly subscriptions: Map<number, { readonly path: string; tag: string | undefined }>;
  readonly inFlight: Set<number>;
  answers: Array<Outcome & { requestId: number }>;
  set: number | undefined;
  setIsTold: boolean;
  unacknowledged: number;
}

const failure = (errorCode: string): Outcome => ({ status: "error", errorCode, errorMessage: errorCode });
const refusal = (errorCode: string): Outcome => ({
  status: "error",
  errorCode,
  errorMessage: errorCode,
  resend: true,
});
const success = (value: unknown): Outcome => ({ status: "success", value });

/** What all connections share. */
export class FakeDatabase {
  log: Task[] = [];
  queues = new Map<string, Queue>();
  version: readonly [number, number] = [1, 0];
  ids = 0;
  readonly tags = new Map<string, string>();
  readonly values = new Map<string, unknown>();
}

/** One connection after another of one client. */
export class FakeServer {
  session: Session | undefined;
  /** What the next mutation that is to be run, or to be read, is answered with instead. */
  refuseNext: string | undefined;
  badNext = false;
  /** Has the next update begin from a result that nobody holds. */
  wrongBaseNext = false;
  readonly limits = { messageBytesMax: 320, unacknowledgedBytesMax: 16_000 };
  /** Whose the next connections are. */
  identity: string | undefined;

  constructor(
    readonly world: World,
    readonly database: FakeDatabase = new FakeDatabase(),
  ) {}

  get log(): readonly Task[] {
    return this.database.log;
  }

  /** To be the `connect` of a client's platform. */
  readonly connect = (url: string): Socket => {
    const socket = this.world.connect(url);
    this.session = undefined;
    return socket;
  };

  accept(): void {
    const { socket } = this.world;
    this.session = {
      identity: this.identity,
      socket,
      subscriptions: new Map(),
      inFlight: new Set(),
      answers: [],
      set: undefined,
      setIsTold: true,
      unacknowledged: 0,
    };
    socket.accept(this.limits, this.identity);
  }

  get waiting(): number {
    return this.session?.socket.sent.length ?? 0;
  }

  /** Takes the next message in, also when its connection is lost already. */
  read(): void {
    const { session } = this;
    const text = session?.socket.sent.shift();
    if (session === undefined || text === undefined) return;
    if (text === "ping") return session.socket.onmessage === null ? undefined : session.socket.say("pong");
    const message = JSON.parse(text) as Fields & { type: string };
    if (message.type === "querySet") this.#readQuerySet(session, message);
    else if (message.type === "ack") session.unacknowledged = 0;
    else if (message.type !== "connect") this.#readCall(session, message as unknown as Call);
  }

  /** Says all that is new, in one transition. */
  flush(): void {
    const { session } = this;
    if (session === undefined || session.socket.onmessage === null) return;
    const queries = [...session.subscriptions].flatMap(([queryId, subscription]) => {
      const update = this.#update(subscription.path, subscription.tag);
      if (update === undefined) return [];
      subscription.tag = update["tag"] as string;
      return [{ queryId, ...update }];
    });
    const { answers, set } = session;
    if (queries.length + answers.length === 0 && session.setIsTold) return;
    session.answers = [];
    session.inFlight.clear();
    session.setIsTold = true;
    const text = JSON.stringify({ type: "transition", version: this.database.version, set, answers, queries });
    session.unacknowledged += text.length;
    if (session.unacknowledged > this.limits.unacknowledgedBytesMax + text.length) throw new Error("slow_client");
    session.socket.say(text);
  }

  /** Loses what it knows of the connection's requests, as an object does that was evicted. */
  forgetRequests(): void {
    const { session } = this;
    if (session === undefined) return;
    session.answers = [];
    session.inFlight.clear();
    // What it has not read yet, it reads after it has said so.
    session.socket.sent.splice(0, Infinity, ...session.socket.sent.filter((text) => !/"(query|mutation)"/.test(text)));
    session.socket.say({ type: "resend" });
  }

  snapshot(): Database {
    const { log, queues } = this.database;
    return structuredClone({ log, queues });
  }

  restore({ log, queues }: Database): void {
    const { database } = this;
    database.log = [...log];
    database.queues = structuredClone(queues) as Map<string, Queue>;
    database.version = [database.version[0] + 1, 0];
  }

  valueOf(path: string): unknown {
    return path === "projects:count" ? this.log.length : this.log;
  }

  #readQuerySet(session: Session, message: Fields): void {
    const { set, add = [], remove = [] } = message as { set?: number; add?: Fields[]; remove?: number[] };
    if (set !== undefined) {
      if (set <= (session.set ?? -1)) throw new Error(`set ${set} after ${session.set}`);
      session.set = set;
      session.setIsTold = false;
    }
    for (const queryId of remove) session.subscriptions.delete(queryId);
    for (const { queryId, path, tag } of add as Array<{ queryId: number; path: string; tag?: string }>) {
      if (session.subscriptions.has(queryId)) throw new Error(`queryId ${queryId} is in use`);
      session.subscriptions.set(queryId, { path, tag });
    }
  }

  #readCall(session: Session, call: Call): void {
    const { requestId } = call;
    const refuse = (errorCode: string): void => {
      if (session.socket.onmessage !== null) session.socket.say({ type: "error", requestId, errorCode, errorMessage: errorCode });
    };
    if (session.inFlight.has(requestId)) return refuse("duplicate_id");
    if (this.badNext && call.type === "mutation" && call.path !== "") {
      this.badNext = false;
      return refuse("bad_message");
    }
    session.inFlight.add(requestId);
    const outcome = call.type === "query" ? success(this.valueOf(call.path)) : this.#mutate(call, session.identity);
    session.answers.push({ requestId, ...outcome });
  }

  #mutate(call: Call, identity: string | undefined): Outcome {
    const { queue: name, sequence, ackedThrough = 0, attempted = false } = call;
    const id = `${identity}/${name}`;
    const { queues } = this.database;
    if (name === undefined || sequence === undefined || sequence <= ackedThrough) throw new Error(JSON.stringify(call));
    if (this.refuseNext !== undefined) {
      const outcome = refusal(this.refuseNext);
      this.refuseNext = undefined;
      return outcome;
    }
    const queue = queues.get(id) ?? { last: 0, records: new Map() };
    // A queue with answers that were never recorded is not known either.
    const known = queues.has(id) && ackedThrough <= queue.last;
    if (!known && attempted) return failure("outcome_unknown");
    if (sequence > (known ? queue.last : ackedThrough) + 1) return refusal("out_of_order");
    for (const old of [...queue.records.keys()]) if (old <= ackedThrough) queue.records.delete(old);
    const text = JSON.stringify([call.path, call.args]);
    if (sequence <= queue.last) {
      const record = queue.records.get(sequence);
      if (record === undefined) return failure("outcome_unknown");
      return record.call === text ? record.outcome : failure("key_reused");
    }
    const outcome = this.#run(call);
    queues.set(id, queue);
    queue.last = sequence;
    queue.records.set(sequence, { call: text, outcome });
    return outcome;
  }

  #run({ path, args }: Call): Outcome {
    const text = args["text"] as string;
    if (path !== "tasks:create") return failure("function_not_found");
    if (text.startsWith("bad")) return failure("too_long");
    const { database } = this;
    const task = { _id: `tasks_${++database.ids}`, text };
    database.log = [...database.log, task];
    database.version = [database.version[0], database.version[1] + 1];
    return success(task._id);
  }

  /** Returns what leads from the result with a tag to the present one: nothing, deltas or the whole. */
  #update(path: string, from: string | undefined): Fields | undefined {
    const value = this.valueOf(path);
    const tag = this.#tagOf(value);
    if (from === tag) return undefined;
    const before = from === undefined ? undefined : this.database.values.get(from);
    if (!Array.isArray(before) || !Array.isArray(value)) return { tag, status: "success", value };
    const base = this.wrongBaseNext ? "nobody's" : from;
    this.wrongBaseNext = false;
    const [first] = before.slice(value.length) as Task[];
    const same = (before as Task[]).every(({ _id }, at) => at >= value.length || _id === (value[at] as Task)._id);
    if (!same) return { tag, status: "success", value };
    const at = Math.min(before.length, value.length);
    const entry = [at, first?._id ?? null, before.length - at, value.slice(at)];
    return { base, tag, deltas: [{ list: [entry] }] };
  }

  #tagOf(value: unknown): string {
    const text = JSON.stringify(value);
    const { tags, values } = this.database;
    const tag = tags.get(text) ?? `tag${tags.size}`;
    tags.set(text, tag);
    values.set(tag, value);
    return tag;
  }
}
