/**
 * What is in flight: mutations, actions and one-shot queries, in the order in which they were made, from
 * the call until the answer. Mutations have places in a queue, and actions have ids, by which the server
 * makes each of them once, however often it is sent. Knows no socket.
 */

import { backoffMs, type BackoffOptions } from "./backoff.js";
import { encodeBase64Url } from "./base64.js";
import { errorOf, type ZerobackError } from "./error.js";
import type { Keeper } from "./keeper.js";
import type { Platform } from "./platform.js";
import type { Call, Outcome, PlacedCall, RequestId, WireError } from "./protocol.js";
import { jsonOf } from "./values.js";

/** Where mutations have places, by which the server makes each of them once. */
export interface Queue {
  /** A secret: who knows it can ask for the answers. */
  readonly id: string;
  /** The next place. */
  next: number;
  /** When it was begun, before which nothing of it can have been made. */
  begunAt: number;
  /** Whether the server has ever answered a mutation of it. */
  isKnown: boolean;
  /** Up to where the answers are not needed any more, where having come is not enough. */
  readonly ackedThrough?: () => number;
}

/** A place that is kept somewhere else. */
export interface Place {
  readonly queue: Queue;
  readonly sequence: number;
  /** Whether it was kept that the mutation may have been made, before now. */
  readonly attempted: boolean;
}

interface Request {
  call: Call;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ZerobackError) => void;
  /** The place in the queue, once it has one. Only mutations get one, when they are sent for the first time. */
  sequence?: number;
  queue: Queue;
  /** Whether it is not to be sent for now, as its keeper wants it. */
  isHeld: boolean;
  /** That of an action, a secret. */
  readonly callId: string | undefined;
  /** Ends the wait of an action that is to be sent again. */
  cancelRetry?: (() => void) | undefined;
  retries: number;
  /** Whether it was sent on this connection, and has no answer. */
  inFlight?: boolean | undefined;
  /** Whether it may have been made, for all that is known. */
  attempted?: boolean | undefined;
  /** The same, before it was sent the last time. */
  attemptedBefore?: boolean | undefined;
  /** Why the call cannot be sent. Then a call of nothing is, so that its place is taken. */
  failure?: Outcome;
  /** Whether its effects are guessed. */
  readonly isGuessed: boolean;
}

/** Returns whether the call was sent, which it was not where the connection is lost, or why it cannot be sent. */
export type SendCall = (call: PlacedCall) => boolean | Outcome;

const OUT_OF_ORDER = "out_of_order";

/** No server forgets within twice so many milliseconds what it has made of a queue. */
const REMEMBERED_MS = 600_000;

/**
 * Order of calls: `make`; `sendUnsent` when there is a connection; `handleAnswer` or `handleError`, and the
 * settling that they return once the effects are shown; `handleLoss` when no more answers will come.
 */
export class Requests {
  readonly #platform: Platform;
  readonly #backoff: BackoffOptions;
  readonly #onReady: () => void;
  readonly #onEnd: (requestId: RequestId, outcome?: Outcome) => void;
  readonly #onCount: () => void;
  /**
   * Those that are guessed, and of which what the server says next may show what they have made, before it is known
   * what they have come to. While there are any, nothing new is to be shown.
   */
  readonly doubted: Set<RequestId> = new Set();
  /** In the order in which they were made, which is the order in which they are sent. */
  readonly #open = new Map<RequestId, Request>();
  #unsent: Request[] = [];
  #nextId: RequestId = 1;
  #mutations = 0;
  #mutationsInFlight = 0;
  readonly #queue: Queue;
  /** Set once a mutation was refused, until all are sent again in their order. */
  #stalled = false;
  #cancelRetry: (() => void) | undefined;
  #retries = 0;

  /**
   * `onReady` is called when there is something to send again, `onEnd` when it is known what a request has come
   * to, before its promise settles: with the outcome when it has left.
   */
  constructor(
    platform: Platform,
    backoff: BackoffOptions,
    onReady: () => void,
    onEnd: (requestId: RequestId, outcome?: Outcome) => void,
    onCount: () => void,
  ) {
    this.#platform = platform;
    this.#backoff = backoff;
    this.#onReady = onReady;
    this.#onEnd = onEnd;
    this.#onCount = onCount;
    this.#queue = { id: encodeBase64Url(platform.randomBytes(16)), next: 1, begunAt: 0, isKnown: false };
  }

  /** How many mutations wait to be sent or answered. */
  get mutations(): number {
    return this.#mutations;
  }

  /**
   * Makes a request. The promise settles when its answer has come, or never will. Where `guess` throws, nothing is
   * sent, and the promise rejects. What a keeper keeps waits for its `release`.
   */
  make(
    type: Call["type"],
    path: string,
    args: object,
    guess?: (requestId: RequestId) => void,
    keeper?: Pick<Keeper, "keep">,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      // A copy, so that the caller may change its object.
      const copy = jsonOf(args);
      const requestId = this.#nextId++;
      guess?.(requestId);
      const request: Request = {
        call: { type, requestId, path, args: copy },
        resolve,
        reject,
        queue: this.#queue,
        isHeld: keeper !== undefined,
        callId: type === "action" ? encodeBase64Url(this.#platform.randomBytes(16)) : undefined,
        retries: 0,
        isGuessed: guess !== undefined,
      };
      this.#open.set(requestId, request);
      if (type === "mutation") this.#count(1);
      if (keeper) keeper.keep(request.call);
      else this.#unsent.push(request);
    });
  }

  /** Has mutations wait that were kept: each is not sent again before its `release`. */
  hold(requestIds: readonly RequestId[]): void {
    for (const requestId of requestIds) {
      const request = this.#open.get(requestId);
      if (request) request.isHeld = true;
    }
    this.#findUnsent();
  }

  /** Has a mutation sent that was kept: in the place that it is kept with, or else in this client's own queue. */
  release(requestId: RequestId, place?: Place): void {
    const request = this.#open.get(requestId);
    if (!request?.isHeld) return;
    Object.assign(request, place, { isHeld: false });
    // What is sent again is sent in this order.
    this.#open.delete(requestId);
    this.#open.set(requestId, request);
    if (!request.inFlight) this.#unsent.push(request);
    this.#onReady();
  }

  /** Has nothing new be shown until it is known what these have come to, if they are guessed. */
  doubt(requestIds: Iterable<RequestId>): void {
    for (const requestId of requestIds) if (this.#open.get(requestId)?.isGuessed) this.doubted.add(requestId);
  }

  /** Ends a request whose outcome is known from elsewhere. Returns what settles its promise. */
  end(requestId: RequestId, outcome: Outcome = OUTCOME_UNKNOWN): () => void {
    const request = this.#open.get(requestId);
    return request ? this.#end(request, outcome) : () => {};
  }

  /** Has each call sent that was not sent on this connection; mutations wait while one before them has to. */
  sendUnsent(send: SendCall): void {
    const requests = this.#unsent;
    this.#unsent = [];
    for (const request of requests) {
      const isMutation = request.call.type === "mutation";
      // Those that have to wait are found again when they need not any more.
      if (isMutation && this.#stalled) continue;
      if (!(isMutation ? this.#sendMutation(request, send) : this.#sendUnplaced(request, send))) return;
    }
  }

  /** Takes in the outcome of a request. Returns what settles its promise, unless it is to be sent again. */
  handleAnswer(requestId: RequestId, outcome: Outcome): (() => void) | undefined {
    const request = this.#open.get(requestId);
    if (!request) return undefined;
    const isMutation = request.call.type === "mutation";
    if (outcome.status === "error" && outcome.resend === true) {
      if (isMutation) this.#handleRefusal(request, outcome);
      else this.#retry(request, outcome);
      return undefined;
    }
    if (!isMutation) return this.#end(request, outcome);
    request.queue.isKnown = true;
    this.#retries = 0;
    return this.#end(request, request.failure ? outcomeOfFiller(outcome, request.failure) : outcome);
  }

  /** Takes in that the server could not take a request's message. Returns as `handleAnswer` does. */
  handleError(requestId: RequestId, error: WireError): (() => void) | undefined {
    const request = this.#open.get(requestId);
    const failure: Outcome = { ...error, status: "error" };
    // What is in flight already will have its answer.
    if (!request || error.errorCode === "duplicate_id") return undefined;
    if (error.resend === true) return this.handleAnswer(requestId, failure);
    if (request.sequence === undefined || request.failure) return this.#end(request, failure);
    request.attempted = request.attemptedBefore;
    this.#giveUp(request, failure);
    this.#stall(request, error);
    return undefined;
  }

  /** What was sent will not be answered: all of it is sent again. */
  handleLoss(): void {
    this.doubted.clear();
    for (const [requestId, request] of this.#open) {
      request.inFlight = false;
      if (request.attempted) this.doubt([requestId]);
    }
    this.#mutationsInFlight = 0;
    this.#findUnsent();
    this.#goOn();
  }

  /** Rejects everything: with `reason`, where the server took nothing of what was sent on this connection. */
  close(reason?: Outcome): void {
    for (const request of this.#open.values()) {
      const mayBeMade = reason !== undefined && request.inFlight ? request.attemptedBefore : request.attempted;
      this.#end(request, mayBeMade ? OUTCOME_UNKNOWN : (reason ?? CLIENT_CLOSED))();
    }
    this.#unsent = [];
    this.#cancelRetry?.();
  }

  /** Returns whether the connection is still there. */
  #sendUnplaced(request: Request, send: SendCall): boolean {
    const sent = send({ ...request.call, callId: request.callId });
    request.inFlight = sent === true;
    if (sent === true && request.call.type === "action") {
      request.attemptedBefore = request.attempted;
      request.attempted = true;
    }
    if (typeof sent === "object") this.#end(request, sent)();
    return sent !== false;
  }

  /** Returns whether the connection is still there. */
  #sendMutation(request: Request, send: SendCall): boolean {
    const { queue, sequence = queue.next } = request;
    if (sequence === 1 && !request.attempted) queue.begunAt = this.#platform.now();
    const sent = send({
      ...request.call,
      queue: queue.id,
      sequence,
      ackedThrough: this.#ackedThrough(queue) || undefined,
      attempted: (request.attempted && this.#mayBeForgotten(queue)) || undefined,
    });
    if (sent === false) return false;
    if (sent !== true) {
      if (request.sequence === undefined || request.failure) {
        this.#end(request, sent)();
        return true;
      }
      this.#giveUp(request, sent);
      return this.#sendMutation(request, send);
    }
    if (request.sequence === undefined) queue.next++;
    request.sequence = sequence;
    request.attemptedBefore = request.attempted;
    request.attempted = true;
    request.inFlight = true;
    this.#mutationsInFlight++;
    return true;
  }

  #ackedThrough(queue: Queue): number {
    if (queue.ackedThrough !== undefined) return queue.ackedThrough();
    for (const other of this.#open.values()) if (other.queue === queue && other.sequence !== undefined) return other.sequence - 1;
    return queue.next - 1;
  }

  /**
   * A server that does not know the queue refuses what was attempted, because it may have made and
   * forgotten it. Of a young queue it has not: what it does not know has never reached it.
   */
  #mayBeForgotten({ isKnown, begunAt }: Queue): boolean {
    return isKnown || this.#platform.now() - begunAt > REMEMBERED_MS;
  }

  /** Has an action or a one-shot query sent again after a while: nothing was made of it. */
  #retry(request: Request, error: WireError): void {
    request.inFlight = false;
    request.attempted = request.attemptedBefore;
    if (request.retries === 0) this.#warnOfRetry(request, error);
    request.cancelRetry = this.#platform.schedule(
      () => {
        request.cancelRetry = undefined;
        this.#unsent.push(request);
        this.#onReady();
      },
      this.#delayMs(request.retries++, error),
    );
  }

  /** How long the server wants it to be at least, or as long as after any failure. */
  #delayMs(retries: number, { errorData }: WireError): number {
    const ownMs = backoffMs(retries, this.#backoff, this.#platform.random);
    const toldMs = (errorData as { readonly retryAfterMs?: unknown } | undefined)?.retryAfterMs;
    return typeof toldMs === "number" ? Math.max(toldMs, ownMs) : ownMs;
  }

  #warnOfRetry({ call }: Request, { errorCode, errorMessage }: WireError): void {
    this.#platform.warn(`the server could not run ${call.path}; trying again: ${errorCode}: ${errorMessage}`);
  }

  #handleRefusal(request: Request, error: WireError): void {
    // It has not been made this time.
    request.attempted = request.attemptedBefore;
    if (error.errorCode !== OUT_OF_ORDER && this.#retries === 0) this.#warnOfRetry(request, error);
    this.#stall(request, error);
  }

  /** Has a mutation sent again after a while, and all others behind it. */
  #stall(request: Request, refusal: WireError): void {
    this.#leaveFlight(request);
    // It may take long, and what others do is to be seen.
    this.doubted.clear();
    if (this.#stalled) return this.#goOn();
    this.#stalled = true;
    this.#cancelRetry = this.#platform.schedule(
      () => {
        this.#cancelRetry = undefined;
        this.#goOn();
      },
      this.#delayMs(this.#retries++, refusal),
    );
  }

  /** Goes on sending mutations, when nothing is in flight that could get between them. */
  #goOn(): void {
    if (!this.#stalled || this.#cancelRetry !== undefined || this.#mutationsInFlight > 0) return;
    this.#stalled = false;
    this.#findUnsent();
    this.#onReady();
  }

  #findUnsent(): void {
    this.#unsent = [...this.#open.values()].filter((request) => !request.inFlight && !request.isHeld && request.cancelRetry === undefined);
  }

  /** Puts a call of nothing into the place of one that cannot be sent. */
  #giveUp(request: Request, failure: Outcome): void {
    request.call = { ...request.call, path: "", args: {} };
    request.failure = failure;
    // If it was sent before, the answer tells whether it was made then.
    if (request.attempted) return;
    this.#onEnd(request.call.requestId);
    settle(request, failure);
  }

  /** Takes the request out. Returns what settles its promise. */
  #end(request: Request, outcome: Outcome): () => void {
    const { requestId } = request.call;
    this.#open.delete(requestId);
    this.doubted.delete(requestId);
    this.#onEnd(requestId, outcome);
    request.cancelRetry?.();
    if (request.call.type === "mutation") this.#count(-1);
    this.#leaveFlight(request);
    this.#goOn();
    return () => settle(request, outcome);
  }

  #count(more: number): void {
    this.#mutations += more;
    this.#onCount();
  }

  #leaveFlight(request: Request): void {
    if (request.inFlight && request.call.type === "mutation") this.#mutationsInFlight--;
    request.inFlight = false;
  }
}

/** Settles the promise, if it is not settled yet. */
function settle({ resolve, reject }: Request, outcome: Outcome): void {
  if (outcome.status === "success") resolve(outcome.value);
  else reject(errorOf(outcome));
}

/** If the place was still to be taken, the call that should have it was never made. */
function outcomeOfFiller(outcome: Outcome, failure: Outcome): Outcome {
  return outcome.status === "error" && outcome.errorCode === "function_not_found" ? failure : OUTCOME_UNKNOWN;
}

const OUTCOME_UNKNOWN: Outcome = {
  status: "error",
  errorCode: "outcome_unknown",
  errorMessage: "the call was sent and not answered; it was made once or not at all",
};

const CLIENT_CLOSED: Outcome = {
  status: "error",
  errorCode: "client_closed",
  errorMessage: "the client was closed",
};
