/** The client: joins what was asked, what the server said and what is in flight to a connection. */

import { Connection, type ConnectionState } from "./connection.js";
import type { ZerobackError } from "./error.js";
import type { AnyMutation, AnyQuery, ArgsList, ArgsOf, ErrorOf, ResultOf } from "./function-reference.js";
import { type Platform, platformOf, type SocketConstructor, socketUrl } from "./platform.js";
import {
  type Call,
  decodeServerMessage,
  encodeClientMessage,
  LIMITS_DEFAULT,
  type Outcome,
  PROTOCOL_VERSION,
  type QueryId,
  type QueryToAdd,
  type ServerMessage,
  type Transition,
  type WireError,
} from "./protocol.js";
import { type AskedQuery, question, QuerySet } from "./query-set.js";
import { Requests } from "./requests.js";
import { LOADING, type QueryState, Results } from "./results.js";

export interface ZerobackClientOptions {
  /** The WebSocket class to use. Default: the runtime's own. */
  readonly webSocket?: SocketConstructor;
  /** The longest wait before the first retry, in milliseconds; it doubles with each. Default: 500. */
  readonly backoffBaseMs?: number;
  /** The longest wait before any retry, in milliseconds. Default: 15,000. */
  readonly backoffMaxMs?: number;
  /** After so many milliseconds of silence the server is asked whether it is there. Default: 20,000. */
  readonly heartbeatIntervalMs?: number;
  /** It has so many milliseconds to answer. Default: 10,000. */
  readonly heartbeatTimeoutMs?: number;
  /** How many milliseconds a connection may take to come about. Default: 10,000. */
  readonly connectTimeoutMs?: number;
  /** How many milliseconds a query stays live after its last listener has gone. Default: 1,000. */
  readonly lingerMs?: number;
  /** Clock, timers, sockets and entropy, for tests. What is left out is the runtime's. */
  readonly platform?: Partial<Platform>;
}

export interface ConnectionDetails {
  readonly state: ConnectionState;
  readonly hasEverConnected: boolean;
  /** Mutations that wait to be sent or answered. */
  readonly inflightMutations: number;
  /** Unix milliseconds of the next attempt to connect, while one is waited for. */
  readonly nextRetryAt: number | undefined;
}

/** A live query, seen from outside. `state` returns the same object until the query's state changes. */
export interface QueryWatch<Result, Failure extends ZerobackError = ZerobackError> {
  /** The query and its arguments, in one string. */
  readonly key: string;
  readonly state: () => QueryState<Result, Failure>;
  /** Keeps the query live, and calls back when its state has changed. Returns what stops that. */
  readonly subscribe: (onChange: () => void) => () => void;
}

/**
 * A connection to a Zeroback backend: live queries, one-shot queries and mutations.
 *
 * It connects when it is made, and again, for as long as it takes, whenever the connection is lost.
 * Only a server that does not speak its protocol is given up: then everything fails with code
 * `unsupported_protocol`.
 */
export class ZerobackClient {
  readonly #platform: Platform;
  readonly #connection: Connection;
  readonly #asked: QuerySet;
  readonly #results = new Results();
  readonly #requests = new Requests();
  readonly #connectionListeners = new Set<(state: ConnectionState) => void>();
  #messageBytesMax = LIMITS_DEFAULT.messageBytesMax;
  #flushScheduled = false;
  /** Why the server will not speak with this client. */
  #refusal: Outcome | undefined;
  #closed = false;

  /**
   * `url` is that of the backend's `/ws`; `http:` and `https:` stand for `ws:` and `wss:`, and in a
   * browser a path is taken relative to the page.
   */
  constructor(url: string | URL, options: ZerobackClientOptions = {}) {
    const platform = platformOf(options.webSocket, options.platform);
    this.#platform = platform;
    this.#asked = new QuerySet({
      lingerMs: options.lingerMs ?? 1_000,
      schedule: platform.schedule,
      onEnd: ({ key }) => {
        this.#results.forget(key);
        this.#scheduleFlush();
      },
    });
    const { backoffBaseMs = 500, backoffMaxMs = 15_000 } = options;
    const { heartbeatIntervalMs = 20_000, heartbeatTimeoutMs = 10_000, connectTimeoutMs = 10_000 } = options;
    this.#connection = new Connection(
      socketUrl(url),
      platform,
      { backoffBaseMs, backoffMaxMs, heartbeatIntervalMs, heartbeatTimeoutMs, connectTimeoutMs },
      {
        handleOpen: () => {
          this.#connection.send(encodeClientMessage({ type: "connect", protocol: PROTOCOL_VERSION }));
          this.#flush();
        },
        handleText: (text) => this.#handleText(text),
        handleDrop: () => {
          this.#asked.handleDrop();
          this.#results.handleDrop();
          this.#requests.handleDrop();
        },
        handleStateChange: () => {
          for (const listener of [...this.#connectionListeners]) {
            this.#guard(() => listener(this.#connection.state));
          }
        },
      },
    );
    this.#connection.open();
  }

  /**
   * Calls `onValue` with the query's result, and again each time it changes; `onError` each time the
   * query fails, after which it is still live. Never calls back before it returns.
   *
   * Returns what stops it.
   */
  onUpdate<F extends AnyQuery>(
    query: F,
    args: ArgsOf<F>,
    onValue: (value: ResultOf<F>) => void,
    onError?: (error: ErrorOf<F>) => void,
  ): () => void {
    const watch = this.watch(query, ...([args] as ArgsList<F>));
    let shown: QueryState = LOADING;
    let stopped = false;
    const show = (): void => {
      const state = watch.state();
      if (stopped || state === shown) return;
      shown = state;
      if (state.status === "success") onValue(state.value);
      else if (state.status === "error") {
        if (onError !== undefined) onError(state.error);
        else this.#platform.warn(`the query ${query.path} failed, and its listener has no onError`, state.error);
      }
    };
    const unsubscribe = watch.subscribe(show);
    // Somebody else may have asked before.
    if (watch.state() !== LOADING) queueMicrotask(() => this.#guard(show));
    return () => {
      stopped = true;
      unsubscribe();
    };
  }

  /** Runs the query once, at the server. A lost connection delays it. */
  query<F extends AnyQuery>(query: F, ...args: ArgsList<F>): Promise<ResultOf<F>> {
    return this.#request("query", query.path, args[0]) as Promise<ResultOf<F>>;
  }

  /**
   * Runs the mutation. The mutations of a client run one after another, in the order of the calls.
   * The promise resolves when the client's own live queries show what the mutation has changed.
   *
   * Without a connection it waits for one. If the connection is lost between the sending and the
   * answer, the promise rejects with code `outcome_unknown`: the mutation ran once or not at all.
   */
  mutation<F extends AnyMutation>(mutation: F, ...args: ArgsList<F>): Promise<ResultOf<F>> {
    return this.#request("mutation", mutation.path, args[0]) as Promise<ResultOf<F>>;
  }

  /** Returns a view of a live query for those who draw: `onUpdate` is for those who act. */
  watch<F extends AnyQuery>(query: F, ...args: ArgsList<F>): QueryWatch<ResultOf<F>, ErrorOf<F>> {
    const asked = question(query.path, args[0] ?? {});
    const { key } = asked;
    return {
      key,
      state: () => this.#results.of(key) as QueryState<ResultOf<F>, ErrorOf<F>>,
      subscribe: (onChange) => {
        if (this.#closed) return () => {};
        const stop = this.#asked.listen(asked, onChange);
        this.#scheduleFlush();
        return () => {
          stop();
          // Who comes back to a query that failed wants to have it tried again.
          if (this.#results.of(key).status === "error") this.#asked.endIfUnheard(key);
        };
      },
    };
  }

  get connectionState(): ConnectionState {
    return this.#connection.state;
  }

  get connectionDetails(): ConnectionDetails {
    const { state, hasEverConnected, nextRetryAt } = this.#connection;
    return { state, hasEverConnected, inflightMutations: this.#requests.mutations, nextRetryAt };
  }

  /** Calls back each time the connection's state has changed. Returns what stops that. */
  onConnectionChange(listener: (state: ConnectionState) => void): () => void {
    const own = (state: ConnectionState): void => listener(state);
    this.#connectionListeners.add(own);
    return () => void this.#connectionListeners.delete(own);
  }

  /** Closes the connection for good. All that is pending rejects, and no listener is called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#asked.clear();
    this.#connection.close();
    this.#requests.close();
    this.#results.clear();
    this.#connectionListeners.clear();
  }

  #request(type: "query" | "mutation", path: string, args: object = {}): Promise<unknown> {
    const promise = this.#requests.make(type, path, args);
    if (this.#closed) this.#requests.close();
    else if (this.#refusal !== undefined) this.#requests.refuse(this.#refusal);
    else this.#scheduleFlush();
    return promise;
  }

  /** All that is asked in one go goes out together. */
  #scheduleFlush(): void {
    if (this.#flushScheduled || !this.#connection.isOpen) return;
    this.#flushScheduled = true;
    queueMicrotask(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  /** Each message may be the one that loses the connection; then all is left to the next one. */
  #flush(): void {
    if (!this.#connection.isOpen) return;
    const { add, remove } = this.#asked.takeChanges();
    if (add.length + remove.length > 0) this.#sendQuerySet(add, remove);
    if (this.#connection.isOpen) this.#requests.sendUnsent((call) => this.#sendCall(call));
  }

  /** Returns whether the connection is still there. */
  #sendCall(call: Call): boolean {
    if (!this.#trySend(encodeClientMessage(call))) this.#requests.settle(call.requestId, this.#tooLarge());
    return this.#connection.isOpen;
  }

  #sendQuerySet(add: readonly QueryToAdd[], remove: readonly QueryId[]): void {
    if (!this.#connection.isOpen) return;
    if (this.#trySend(encodeClientMessage({ type: "querySet", add, remove }))) return;
    const [only] = add;
    if (add.length > 1) {
      const middle = add.length >> 1;
      this.#sendQuerySet(add.slice(0, middle), remove);
      this.#sendQuerySet(add.slice(middle), []);
    } else if (only !== undefined && remove.length > 0) {
      this.#sendQuerySet([], remove);
      this.#sendQuerySet(add, []);
    } else if (only !== undefined) {
      this.#show([{ queryId: only.queryId, ...this.#tooLarge() }]);
    }
  }

  /** Sends a message, if it is not larger than the server takes. */
  #trySend(text: string): boolean {
    // A UTF-16 unit is at most three bytes of UTF-8.
    const fits = text.length * 3 <= this.#messageBytesMax || byteLength(text) <= this.#messageBytesMax;
    if (fits) this.#connection.send(text);
    return fits;
  }

  #tooLarge(): { status: "error"; errorCode: string; errorMessage: string } {
    const errorMessage = `the message is larger than ${this.#messageBytesMax} bytes, which is all the server takes`;
    return { status: "error", errorCode: "message_too_large", errorMessage };
  }

  #handleText(text: string): void {
    try {
      this.#handleMessage(decodeServerMessage(text));
    } catch (cause) {
      this.#connection.drop("the server sent a message that is not of this protocol", cause);
    }
  }

  #handleMessage(message: ServerMessage): void {
    switch (message.type) {
      case "connected":
        this.#messageBytesMax = message.limits.messageBytesMax;
        return this.#connection.confirm();
      case "transition":
        return this.#handleTransition(message);
      case "error":
        if (message.errorCode === "unsupported_protocol") return this.#handleRefusal(message);
        if (message.requestId !== undefined) {
          return this.#requests.settle(message.requestId, { ...message, status: "error" });
        }
        return this.#platform.warn(`the server refused a message: ${message.errorCode}: ${message.errorMessage}`);
      case "unknown":
        return;
    }
  }

  /** The server took nothing of what was sent on this connection, and would not on another. */
  #handleRefusal({ errorCode, errorMessage, errorData }: WireError): void {
    this.#platform.warn(`the server refused the connection: ${errorCode}: ${errorMessage}`);
    const refusal: Outcome = { status: "error", errorCode, errorMessage, errorData };
    this.#refusal = refusal;
    this.#requests.refuse(refusal);
    this.#results.setAll(refusal);
    this.#connection.close();
    this.#notify(this.#asked.all());
  }

  #handleTransition({ version, answers, queries }: Transition): void {
    this.#results.moveTo(version);
    this.#show(queries);
    for (const answer of answers) this.#requests.settle(answer.requestId, answer);
  }

  /** Takes in all results, then calls each listener once. */
  #show(queries: Transition["queries"]): void {
    const changed = queries.flatMap((result) => {
      const query = this.#asked.byId(result.queryId);
      // The server may not know yet that we have done with it.
      if (query === undefined) return [];
      if (result.status === undefined) throw new Error("queries: expected whole results");
      this.#results.set(query.key, result);
      return [query];
    });
    this.#notify(changed);
  }

  #notify(changed: readonly AskedQuery[]): void {
    for (const { listeners } of changed) {
      for (const listener of [...listeners]) {
        if (listeners.has(listener)) this.#guard(listener);
      }
    }
  }

  /** Calls a listener. One that throws must not keep others from being called. */
  #guard(listener: () => void): void {
    try {
      listener();
    } catch (cause) {
      this.#platform.warn("a listener threw", cause);
    }
  }
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
