/** The client, as an app sees it. */

import type { FetchToken } from "./auth.js";
import type { ConnectionState } from "./connection.js";
import type { ZerobackError } from "./error.js";
import type { AnyAction, AnyMutation, AnyQuery, ArgsList, ArgsOf, CallList, ErrorOf, ResultOf } from "./function-reference.js";
import type { Offline } from "./keeper.js";
import type { Guess, OptimisticStore } from "./optimistic.js";
import { type Platform, platformOf, type SocketConstructor, socketUrl } from "./platform.js";
import { question } from "./query-set.js";
import { LOADING, type QueryState } from "./results.js";
import { type ListenOptions, Session } from "./session.js";

export interface ZerobackClientOptions<Auth = unknown> {
  /** What `client.auth` is: `accounts` of `zeroback/accounts`, for one. It is given the backend's HTTP address. */
  readonly auth?: (client: ZerobackClient, url: string) => Auth;
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
  /** What keeps results and mutations when the page is gone, from `zeroback/offline`. Default: nothing. */
  readonly offline?: Offline;
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

/**
 * Says what a mutation will make of the results of live queries. It is shown until the server's own results have
 * it, or the mutation has failed, and made again on each result that comes meanwhile: so it looks at nothing but
 * the store and the arguments.
 */
export type OptimisticUpdate<F extends AnyMutation> = (store: OptimisticStore, args: ArgsOf<F>) => void;

export interface MutationOptions<F extends AnyMutation> {
  /** What it throws at the call rejects the promise, and nothing is sent. */
  readonly optimisticUpdate?: OptimisticUpdate<F> | undefined;
}

/** A live query, seen from outside. `state` returns the same object until the query's state changes. */
export interface QueryWatch<Result, Failure extends ZerobackError = ZerobackError> {
  /** The query and its arguments, in one string. */
  readonly key: string;
  readonly state: () => QueryState<Result, Failure>;
  /** Keeps the query live, and calls back when its state has changed. Returns what stops that. */
  readonly subscribe: (onChange: () => void, options?: ListenOptions) => () => void;
}

/**
 * A connection to a Zeroback backend: live queries, one-shot queries, mutations and actions.
 *
 * It connects when it is made, and again, for as long as it takes, whenever the connection is lost.
 * Only a server that does not speak its protocol is given up: then everything fails with code
 * `unsupported_protocol`.
 */
export class ZerobackClient<Auth = unknown> {
  /** Signs people up, in and out, where the option `auth` says how. */
  readonly auth: Auth;
  readonly #platform: Platform;
  readonly #session: Session;
  readonly #connectionListeners = new Set<() => void>();

  /**
   * `url` is that of the backend's `/ws`; `http:` and `https:` stand for `ws:` and `wss:`, and in a
   * browser a path is taken relative to the page.
   */
  constructor(url: string | URL, options: ZerobackClientOptions<Auth> = {}) {
    this.#platform = platformOf(options.webSocket, options.platform);
    const { backoffBaseMs = 500, backoffMaxMs = 15_000, lingerMs = 1_000, offline } = options;
    const { heartbeatIntervalMs = 20_000, heartbeatTimeoutMs = 10_000, connectTimeoutMs = 10_000 } = options;
    const settings = { backoffBaseMs, backoffMaxMs, lingerMs, heartbeatIntervalMs, heartbeatTimeoutMs, connectTimeoutMs, offline };
    const address = socketUrl(url);
    this.#session = new Session(address, this.#platform, settings, () => {
      for (const listener of [...this.#connectionListeners]) {
        this.#session.guard(listener);
      }
    });
    this.auth = options.auth?.(this, address.replace(/^ws/, "http")) as Auth;
    this.#session.open();
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
      const before = shown;
      shown = state;
      if (state.status === "success") {
        // What was kept may turn out to be what the server has.
        if (before.status !== "success" || before.value !== state.value) onValue(state.value);
      } else if (state.status === "error") {
        if (onError) onError(state.error);
        else this.#platform.warn(`the query ${query.path} failed, and its listener has no onError`, state.error);
      }
    };
    const unsubscribe = watch.subscribe(show);
    // Somebody else may have asked before.
    if (watch.state() !== LOADING) queueMicrotask(() => this.#session.guard(show));
    return () => {
      stopped = true;
      unsubscribe();
    };
  }

  /** Runs the query once, at the server. A lost connection delays it. */
  query<F extends AnyQuery>(query: F, ...args: ArgsList<F>): Promise<ResultOf<F>> {
    return this.#session.request("query", query.path, args[0]) as Promise<ResultOf<F>>;
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
  mutation<F extends AnyMutation>(mutation: F, ...call: CallList<F, MutationOptions<F>>): Promise<ResultOf<F>> {
    const [args = {}, { optimisticUpdate: update } = {}] = call as [ArgsOf<F>?, MutationOptions<F>?];
    let guess: Guess | undefined;
    if (update) {
      let copy: ArgsOf<F> | undefined;
      guess = (store) => update(store, (copy ??= structuredClone(args) as ArgsOf<F>));
    }
    return this.#session.request("mutation", mutation.path, args, guess) as Promise<ResultOf<F>>;
  }

  /**
   * Runs the action, once. Those of a client run side by side.
   *
   * Without a connection it waits for one. If the connection is lost before the answer has come, the action goes
   * on at the server, and the client asks for its answer again. The promise rejects with code `outcome_unknown`
   * only where nobody can tell what it has come to: the client was closed, or the server has ended while it ran.
   */
  action<F extends AnyAction>(action: F, ...args: ArgsList<F>): Promise<ResultOf<F>> {
    return this.#session.request("action", action.path, args[0]) as Promise<ResultOf<F>>;
  }

  /** Returns a view of a live query for those who draw: `onUpdate` is for those who act. */
  watch<F extends AnyQuery>(query: F, ...args: ArgsList<F>): QueryWatch<ResultOf<F>, ErrorOf<F>> {
    const asked = question(query.path, args[0] ?? {});
    const { key } = asked;
    return {
      key,
      state: () => this.#session.stateOf(key) as QueryState<ResultOf<F>, ErrorOf<F>>,
      subscribe: (onChange, options) => this.#session.listen(asked, onChange, options),
    };
  }

  get connectionState(): ConnectionState {
    return this.#session.connection.state;
  }

  get connectionDetails(): ConnectionDetails {
    const { state, hasEverConnected, nextRetryAt } = this.#session.connection;
    return { state, hasEverConnected, inflightMutations: this.#session.requests.mutations, nextRetryAt };
  }

  /** Calls back each time the connection's state has changed. Returns what stops that. */
  onConnectionChange(listener: (state: ConnectionState) => void): () => void {
    let told = this.connectionState;
    return this.onConnectionDetailsChange(({ state }) => {
      if (state !== told) listener((told = state));
    });
  }

  /** Calls back each time one of the connection's details may have changed. Returns what stops that. */
  onConnectionDetailsChange(listener: (details: ConnectionDetails) => void): () => void {
    const own = (): void => listener(this.connectionDetails);
    this.#connectionListeners.add(own);
    return () => void this.#connectionListeners.delete(own);
  }

  /**
   * Says who is here: `fetchToken` returns the token of whoever is signed in, or `null`. It is asked whenever the
   * client connects, before the token expires, and, with `forceRefresh`, when the server wants another one.
   * What is called and subscribed to meanwhile waits, so nothing is run as somebody else or as nobody.
   *
   * `onChange` is told whether the server takes the token. Where it refuses one that was just made, nobody is
   * signed in.
   */
  setAuth(fetchToken: FetchToken, onChange?: (isAuthenticated: boolean) => void): void {
    this.#session.setAuth(fetchToken, onChange);
  }

  /** Signs out, on this client: nobody is signed in until `setAuth` is called again. */
  clearAuth(): void {
    this.#session.clearAuth();
  }

  /**
   * Connects anew, at once: a browser says its cookies only then, so that another one counts from now on. What
   * is pending is sent again, and live queries go on as after a lost connection.
   */
  reconnect(): void {
    this.#session.connection.renew();
  }

  /** Closes the connection for good. All that is pending rejects, and no listener is called again. */
  close(): void {
    this.#session.close();
    this.#connectionListeners.clear();
  }
}
