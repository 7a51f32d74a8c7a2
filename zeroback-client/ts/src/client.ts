/** The client: joins what was asked, what the server said and what is in flight to a connection. */

import { Connection, type ConnectionState } from "./connection.js";
import type { ZerobackError } from "./error.js";
import type { AnyMutation, AnyQuery, ArgsList, ArgsOf, ErrorOf, ResultOf } from "./function-reference.js";
import { type Platform, platformOf, type SocketConstructor, socketUrl } from "./platform.js";
import {
  decodeServerMessage,
  encodeClientMessage,
  LIMITS_DEFAULT,
  type Outcome,
  type PlacedCall,
  PROTOCOL_VERSION,
  type QueryId,
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

/** After so much text from the server it is told what has been taken in, if its limit does not ask for it earlier. */
const ACK_AFTER = 65_536;

const TOO_LARGE = "message_too_large";

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
  readonly #requests: Requests;
  readonly #connectionListeners = new Set<(state: ConnectionState) => void>();
  #limits = LIMITS_DEFAULT;
  #flushScheduled = false;
  /** The number of the newest `querySet` that asked for something. */
  #set = 0;
  /** Nothing new is shown before the transition with this set has come. */
  #awaitedSet = 0;
  /** What settles the promises of answers that have come, when all that came with them is shown. */
  #settlements: Array<() => void> = [];
  /** How many transitions came on this connection. */
  #transitions = 0;
  /** How much text has come since the last acknowledgement. */
  #unacknowledged = 0;
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
    this.#requests = new Requests({
      platform,
      backoffBaseMs,
      backoffMaxMs,
      onReady: () => this.#scheduleFlush(),
    });
    const { heartbeatIntervalMs = 20_000, heartbeatTimeoutMs = 10_000, connectTimeoutMs = 10_000 } = options;
    this.#connection = new Connection(
      socketUrl(url),
      platform,
      { backoffBaseMs, backoffMaxMs, heartbeatIntervalMs, heartbeatTimeoutMs, connectTimeoutMs },
      {
        handleOpen: () => {
          this.#transitions = this.#unacknowledged = 0;
          this.#connection.send(encodeClientMessage({ type: "connect", protocol: PROTOCOL_VERSION }));
          this.#flushAndAwait();
          this.#showUnlessAwaited();
        },
        handleText: (text) => this.#handleText(text),
        handleDrop: () => {
          this.#asked.handleDrop();
          this.#results.handleDrop();
          this.#requests.handleLoss();
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
   * Runs the mutation, once. The mutations of a client run one after another, in the order of the calls.
   * The promise resolves when the client's own live queries show what the mutation has changed.
   *
   * Without a connection it waits for one. If the connection is lost before the answer has come, or the
   * server cannot run it yet, it is sent again; the server makes it once, however often it comes. The
   * promise rejects with code `outcome_unknown` only where the mutation was sent and nobody can tell any
   * more whether it was made: the client was closed, or the server has forgotten its answer.
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
    this.#settle();
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
    this.#showUnlessAwaited();
  }

  /** Sends all that is to be sent, and lets nothing new be shown before the server has answered what it asks. */
  #flushAndAwait(): void {
    const before = this.#set;
    this.#awaitedSet = Infinity;
    this.#flush();
    if (this.#connection.isOpen) this.#awaitedSet = this.#set > before ? this.#set : 0;
  }

  #sendCall(call: PlacedCall): boolean | Outcome {
    return this.#trySend(encodeClientMessage(call)) ? this.#connection.isOpen : this.#tooLarge();
  }

  #sendQuerySet(add: readonly AskedQuery[], remove: readonly QueryId[]): void {
    if (!this.#connection.isOpen) return;
    const set = add.length > 0 ? this.#set + 1 : undefined;
    const toAdd = add.map((query) => ({ ...query, tag: this.#results.tagOf(query.key) }));
    if (this.#trySend(encodeClientMessage({ type: "querySet", set, add: toAdd, remove }))) {
      this.#set = set ?? this.#set;
      return;
    }
    const [only] = add;
    if (add.length > 1) {
      const middle = add.length >> 1;
      this.#sendQuerySet(add.slice(0, middle), remove);
      this.#sendQuerySet(add.slice(middle), []);
    } else if (only !== undefined && remove.length > 0) {
      this.#sendQuerySet([], remove);
      this.#sendQuerySet(add, []);
    } else if (only !== undefined) {
      const state = this.#results.of(only.key);
      // It may have failed so on the last connection.
      if (state.status !== "error" || state.error.code !== TOO_LARGE) this.#results.take(only.key, this.#tooLarge());
    }
  }

  /** Sends a message, if it is not larger than the server takes. */
  #trySend(text: string): boolean {
    // A UTF-16 unit is at most three bytes of UTF-8.
    const { messageBytesMax } = this.#limits;
    const fits = text.length * 3 <= messageBytesMax || byteLength(text) <= messageBytesMax;
    if (fits) this.#connection.send(text);
    return fits;
  }

  #tooLarge(): Outcome {
    const errorMessage = `the message is larger than ${this.#limits.messageBytesMax} bytes, which is all the server takes`;
    return { status: "error", errorCode: TOO_LARGE, errorMessage };
  }

  #handleText(text: string): void {
    try {
      this.#handleMessage(decodeServerMessage(text));
      this.#acknowledge(text);
    } catch (cause) {
      this.#connection.drop("the server sent a message that is not of this protocol", cause);
    }
  }

  #handleMessage(message: ServerMessage): void {
    switch (message.type) {
      case "connected":
        this.#limits = message.limits;
        return this.#connection.confirm();
      case "transition":
        return this.#handleTransition(message);
      case "resend":
        this.#requests.handleLoss();
        return this.#scheduleFlush();
      case "error":
        if (message.errorCode === "unsupported_protocol") return this.#handleRefusal(message);
        if (message.requestId !== undefined) {
          return this.#requests.handleError(message.requestId, message)?.();
        }
        this.#platform.warn(`the server refused a message: ${message.errorCode}: ${message.errorMessage}`);
        // It may have been one that is waited for.
        this.#awaitedSet = 0;
        return this.#showUnlessAwaited();
      case "unknown":
        return;
    }
  }

  /** The server took nothing of what was sent on this connection, and would not on another. */
  #handleRefusal({ errorCode, errorMessage, errorData }: WireError): void {
    this.#platform.warn(`the server refused the connection: ${errorCode}: ${errorMessage}`);
    const refusal: Outcome = { status: "error", errorCode, errorMessage, errorData };
    this.#refusal = refusal;
    this.#settle();
    this.#requests.refuse(refusal);
    this.#results.setAll(refusal);
    this.#connection.close();
    this.#notify(this.#asked.all());
  }

  #handleTransition({ version, set = 0, answers, queries }: Transition): void {
    this.#transitions++;
    this.#results.moveTo(version);
    let fits = true;
    for (const update of queries) {
      const query = this.#asked.byId(update.queryId);
      // The server may not know yet that we have done with it.
      if (query === undefined || this.#results.take(query.key, update)) continue;
      this.#asked.renew(query);
      fits = false;
    }
    for (const answer of answers) {
      const settle = this.#requests.handleAnswer(answer.requestId, answer);
      if (settle !== undefined) this.#settlements.push(settle);
    }
    if (set >= this.#awaitedSet) this.#awaitedSet = 0;
    if (!fits) this.#flushAndAwait();
    this.#showUnlessAwaited();
  }

  #acknowledge({ length }: string): void {
    this.#unacknowledged += length;
    if (this.#unacknowledged < Math.min(ACK_AFTER, this.#limits.unacknowledgedBytesMax / 16)) return;
    this.#unacknowledged = 0;
    this.#connection.send(encodeClientMessage({ type: "ack", transitions: this.#transitions }));
  }

  /** Shows all that has come, calling each listener once, and then settles what was answered. */
  #showUnlessAwaited(): void {
    if (this.#awaitedSet > 0) return;
    this.#notify(this.#results.show().flatMap((key) => this.#asked.byKey(key) ?? []));
    this.#settle();
  }

  #settle(): void {
    const settlements = this.#settlements;
    this.#settlements = [];
    for (const settle of settlements) settle();
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
