/**
 * What client and server say to each other: joins what was asked, what the server said and what is in
 * flight to a connection. Decides when something is sent, and when something is shown.
 */

import { Auth, type FetchToken } from "./auth.js";
import { Connection, type ConnectionOptions } from "./connection.js";
import type { Keeper, Offline, OfflineHost } from "./keeper.js";
import { type Guess, Guesses } from "./optimistic.js";
import type { Platform } from "./platform.js";
import {
  type Call,
  decodeServerMessage,
  encodeClientMessage,
  LIMITS_DEFAULT,
  type Outcome,
  type PlacedCall,
  PROTOCOL_VERSION,
  type QueryId,
  type RequestId,
  type ServerMessage,
  type Transition,
  type WireError,
} from "./protocol.js";
import { type AskedQuery, type QueryKey, type Question, QuerySet } from "./query-set.js";
import { Requests } from "./requests.js";
import { type QueryState, type Result, Results } from "./results.js";

export interface SessionOptions extends ConnectionOptions {
  /** How long a query stays live after its last listener has gone. */
  readonly lingerMs: number;
  readonly offline: Offline | undefined;
}

export interface ListenOptions {
  /** How many milliseconds the query stays live after this listener has gone. Default: the client's `lingerMs`. */
  readonly lingerMs?: number;
  /**
   * A result that the query may have, or the key of a live query that has the same: it is shown, and sent only if it
   * is not the same any more.
   */
  readonly from?: QueryKey | Result;
}

/** After so much text from the server it is told what has been taken in, if its limit does not ask for it earlier. */
const ACK_AFTER = 65_536;

const TOO_LARGE = "message_too_large";

/** Order of calls: `open`; everything else; at last `close`. */
export class Session implements OfflineHost {
  readonly url: string;
  readonly connection: Connection;
  readonly platform: Platform;
  readonly results: Results = new Results((key) => this.#keeper?.result(key));
  readonly requests: Requests;
  readonly asked: QuerySet;
  readonly #guesses: Guesses;
  readonly #keeper: Keeper | undefined;
  readonly #auth: Auth;
  #onAuthChange: ((isAuthenticated: boolean) => void) | undefined;
  #isAuthenticated: boolean | undefined;
  /** Whether nothing was asked on this connection yet. */
  #isNew = false;
  /** What the server has named whoever is here. */
  #identity: string | undefined;
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

  constructor(url: string, platform: Platform, options: SessionOptions, onStateChange: () => void) {
    this.url = url;
    this.platform = platform;
    this.asked = new QuerySet({
      lingerMs: options.lingerMs,
      schedule: platform.schedule,
      onEnd: ({ key }) => {
        this.results.forget(key);
        this.#guesses.show([key]);
        this.#scheduleFlush();
      },
    });
    this.#guesses = new Guesses(this.asked, this.results, platform.warn);
    this.requests = new Requests(
      platform,
      options,
      () => this.#scheduleFlush(),
      (requestId, outcome) => {
        this.#guesses.end(requestId);
        this.#keeper?.handleEnd(requestId, outcome);
      },
      // Its listeners may do anything, and are called when this is done.
      () => queueMicrotask(onStateChange),
    );
    this.#auth = new Auth(platform, {
      say: (token) => this.connection.send(encodeClientMessage({ type: "authenticate", token })),
      goOn: () => this.goOn(),
      report: (isAuthenticated) => this.#report(isAuthenticated),
    });
    this.connection = new Connection(url, platform, options, {
      handleOpen: () => this.#handleOpen(),
      handleText: (text) => this.#handleText(text),
      handleDrop: () => {
        this.#auth.handleDrop();
        this.#tellIdentity();
        this.asked.handleDrop();
        this.results.handleDrop();
        this.requests.handleLoss();
      },
      handleStateChange: onStateChange,
    });
    this.#keeper = options.offline?.open(this);
  }

  open(): void {
    this.connection.open();
  }

  stateOf(key: QueryKey): QueryState {
    return this.#guesses.of(key);
  }

  /** Keeps a query live, and calls back when its state has changed. Returns what stops that. */
  listen(asked: Question, onChange: () => void, { lingerMs, from }: ListenOptions = {}): () => void {
    if (this.#closed) return () => {};
    const stop = this.asked.listen(asked, onChange, lingerMs);
    if (from !== undefined) {
      this.results.lend(from, asked.key);
      this.#guesses.show([asked.key]);
    }
    // Of what is shown twice nothing newer is to be shown before the server has said what became of it.
    if (typeof from === "string") this.#awaitAlso();
    else this.#scheduleFlush();
    return () => {
      stop();
      // Who comes back to a query that failed wants to have it tried again.
      const isFailed = lingerMs === undefined && this.results.of(asked.key).status === "error";
      if (isFailed) this.asked.endIfUnheard(asked.key);
    };
  }

  /** Says who is here from now on. `onChange` is called when the server has said whether it is so. */
  setAuth(fetchToken: FetchToken, onChange: ((isAuthenticated: boolean) => void) | undefined): void {
    if (this.#closed) return;
    this.#onAuthChange = onChange;
    this.#isAuthenticated = undefined;
    this.#auth.set(fetchToken);
    this.#tellIdentity();
  }

  clearAuth(): void {
    this.#keeper?.wipe();
    this.#auth.clear();
    this.#tellIdentity();
  }

  show(keys: readonly QueryKey[]): void {
    this.#notify(this.#guesses.show(keys));
  }

  settle(requestId: RequestId, outcome?: Outcome, isAwaited?: boolean): void {
    this.#settlements.push(this.requests.end(requestId, outcome));
    if (isAwaited) this.#awaitAlso();
    this.#showUnlessAwaited();
  }

  /** Makes a call; what is guessed of it is shown at once. */
  request(type: Call["type"], path: string, args: object = {}, guess?: Guess): Promise<unknown> {
    const isOver = this.#closed || Boolean(this.#refusal);
    let changed: readonly QueryKey[] = [];
    const show = (requestId: RequestId): void => {
      if (guess) changed = this.#guesses.add(requestId, guess);
    };
    const keeper = isOver || type !== "mutation" ? undefined : this.#keeper;
    const promise = this.requests.make(type, path, args, guess && !isOver ? show : undefined, keeper);
    this.#notify(changed);
    if (isOver) this.requests.close(this.#refusal);
    else this.#scheduleFlush();
    return promise;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#refusal = undefined;
    this.#auth.handleDrop();
    this.asked.clear();
    this.#end();
  }

  /** Calls a listener. One that throws must not keep others from being called. */
  guard(listener: () => void): void {
    try {
      listener();
    } catch (cause) {
      this.platform.warn("a listener threw", cause);
    }
  }

  #handleOpen(): void {
    this.#transitions = this.#unacknowledged = 0;
    this.connection.send(encodeClientMessage({ type: "connect", protocol: PROTOCOL_VERSION }));
    this.#isNew = true;
    this.#awaitedSet = Infinity;
    this.#auth.handleOpen();
    this.goOn();
  }

  /** Goes on now that it is known who is here. */
  goOn(): void {
    this.#tellIdentity();
    if (!this.connection.isOpen || this.#waits) return;
    if (!this.#isNew) return this.#flush();
    this.#isNew = false;
    this.#flushAndAwait();
    this.#showUnlessAwaited();
  }

  /** Whether it is not known yet who is here, or what is kept. */
  get #waits(): boolean {
    return this.#auth.waits || this.#keeper?.isLoading === true;
  }

  #tellIdentity(): void {
    const isCertain = this.connection.state === "connected" && this.#auth.isAnswered;
    this.#keeper?.handleIdentity(isCertain ? (this.#identity ?? "") : undefined);
  }

  /** Lets nothing new be shown before the server has answered what is asked now, and whatever is awaited already. */
  #awaitAlso(): void {
    const awaited = this.#awaitedSet;
    this.#flushAndAwait();
    this.#awaitedSet = Math.max(this.#awaitedSet, awaited);
  }

  #report(isAuthenticated: boolean): void {
    if (isAuthenticated === this.#isAuthenticated) return;
    this.#isAuthenticated = isAuthenticated;
    this.guard(() => this.#onAuthChange?.(isAuthenticated));
  }

  /** All that is asked in one go goes out together. */
  #scheduleFlush(): void {
    if (this.#flushScheduled || !this.connection.isOpen) return;
    this.#flushScheduled = true;
    queueMicrotask(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  /** Each message may be the one that loses the connection; then all is left to the next one. */
  #flush(): void {
    if (!this.connection.isOpen || this.#waits) return;
    const { add, remove } = this.asked.takeChanges();
    if (add.length + remove.length > 0) this.#sendQuerySet(add, remove);
    if (this.connection.isOpen) this.requests.sendUnsent((call) => this.#sendCall(call));
    this.#showUnlessAwaited();
  }

  /** Sends all that is to be sent, and lets nothing new be shown before the server has answered what it asks. */
  #flushAndAwait(): void {
    const before = this.#set;
    this.#awaitedSet = Infinity;
    this.#flush();
    if (this.connection.isOpen) this.#awaitedSet = this.#set > before ? this.#set : 0;
  }

  #sendCall(call: PlacedCall): boolean | Outcome {
    return this.#trySend(encodeClientMessage(call)) ? this.connection.isOpen : this.#tooLarge();
  }

  #sendQuerySet(add: readonly AskedQuery[], remove: readonly QueryId[]): void {
    if (!this.connection.isOpen) return;
    const set = add.length > 0 ? this.#set + 1 : undefined;
    const toAdd = add.map(({ key, queryId, path, args }) => ({ queryId, path, args, tag: this.results.newest(key)?.tag }));
    const change = { add: set === undefined ? set : toAdd, remove: remove.length > 0 ? remove : undefined };
    if (this.#trySend(encodeClientMessage({ type: "querySet", set, ...change }))) {
      this.#set = set ?? this.#set;
      return;
    }
    const [only] = add;
    if (add.length + remove.length > 1) {
      const [added, removed] = [add.length >> 1, (remove.length + 1) >> 1];
      this.#sendQuerySet(add.slice(0, added), remove.slice(0, removed));
      this.#sendQuerySet(add.slice(added), remove.slice(removed));
    } else if (only) {
      const state = this.results.of(only.key);
      // It may have failed so on the last connection.
      if (state.status !== "error" || state.error.code !== TOO_LARGE) this.results.take(only.key, this.#tooLarge());
    }
  }

  /** Sends a message, if it is not larger than the server takes. */
  #trySend(text: string): boolean {
    const fits = new TextEncoder().encode(text).length <= this.#limits.messageBytesMax;
    if (fits) this.connection.send(text);
    return fits;
  }

  #tooLarge(): Outcome {
    const errorMessage = `the server takes messages of ${this.#limits.messageBytesMax} bytes at most`;
    return { status: "error", errorCode: TOO_LARGE, errorMessage };
  }

  #handleText(text: string): void {
    try {
      this.#handleMessage(decodeServerMessage(text));
      this.#acknowledge(text);
    } catch (cause) {
      this.connection.drop("the server sent a message that is not of this protocol", cause);
    }
  }

  #handleMessage(message: ServerMessage): void {
    switch (message.type) {
      case "connected":
        this.#limits = message.limits;
        this.#identity = message.identity;
        this.connection.confirm();
        return this.#tellIdentity();
      case "transition":
        return this.#handleTransition(message);
      case "authentication":
        this.#identity = message.identity;
        this.#auth.handleMessage(message);
        return this.#tellIdentity();
      case "resend":
        this.requests.handleLoss();
        return this.#scheduleFlush();
      case "error":
        if (message.errorCode === "unsupported_protocol") return this.#handleRefusal(message);
        if (message.requestId !== undefined) {
          const settle = this.requests.handleError(message.requestId, message);
          this.#showUnlessAwaited();
          return settle?.();
        }
        this.platform.warn(`the server refused a message: ${message.errorCode}: ${message.errorMessage}`);
        // It may have been one that is waited for.
        this.#awaitedSet = 0;
        return this.#showUnlessAwaited();
      case "unknown":
        return;
    }
  }

  /** The server took nothing of what was sent on this connection, and would not on another. */
  #handleRefusal(error: WireError): void {
    this.platform.warn(`the server refused the connection: ${error.errorCode}: ${error.errorMessage}`);
    this.#refusal = { ...error, status: "error" };
    this.#end();
    this.#notify(this.asked.all().map(({ key }) => key));
  }

  /** Ends everything: with the refusal, if that is why. */
  #end(): void {
    this.#keeper?.close();
    this.#settle();
    this.requests.close(this.#refusal);
    this.results.clear(this.#refusal);
    this.#guesses.clear();
    this.connection.close();
  }

  #handleTransition({ version, set = 0, answers, queries }: Transition): void {
    this.#transitions++;
    this.results.moveTo(version);
    let fits = true;
    for (const update of queries) {
      const query = this.asked.byId(update.queryId);
      // The server may not know yet that we have done with it.
      if (!query || this.results.take(query.key, update)) continue;
      this.asked.renew(query);
      fits = false;
    }
    if (set === this.#set) this.#keeper?.handleAnswered();
    for (const answer of answers) {
      const settle = this.requests.handleAnswer(answer.requestId, answer);
      if (settle) this.#settlements.push(settle);
    }
    if (set >= this.#awaitedSet) this.#awaitedSet = 0;
    if (!fits) this.#flushAndAwait();
    this.#showUnlessAwaited();
  }

  #acknowledge({ length }: string): void {
    this.#unacknowledged += length;
    if (this.#unacknowledged < Math.min(ACK_AFTER, this.#limits.unacknowledgedBytesMax / 16)) return;
    this.#unacknowledged = 0;
    this.connection.send(encodeClientMessage({ type: "ack", transitions: this.#transitions }));
  }

  /** Shows all that has come, calling each listener once, and then settles what was answered. */
  #showUnlessAwaited(): void {
    if (this.#awaitedSet > 0 || this.requests.doubted.size > 0) return;
    const changed = this.results.show();
    this.#keeper?.handleShown(changed);
    this.show(changed);
    this.#settle();
  }

  #settle(): void {
    const settlements = this.#settlements;
    this.#settlements = [];
    for (const settle of settlements) settle();
  }

  #notify(changed: readonly QueryKey[]): void {
    for (const { listeners } of changed.flatMap((key) => this.asked.byKey(key) ?? [])) {
      for (const listener of [...listeners]) {
        if (listeners.has(listener)) this.guard(listener);
      }
    }
  }
}
