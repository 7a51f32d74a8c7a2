/**
 * What is in flight: mutations and one-shot queries, in the order in which they were made, from the
 * call until the answer. Knows no socket.
 */

import { ZerobackError } from "./error.js";
import type { Call, Outcome, RequestId } from "./protocol.js";
import { encodeArgs, type JsonObject } from "./values.js";

interface Request {
  readonly call: Call;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ZerobackError) => void;
  /** Whether it was ever sent, on any connection. */
  sent: boolean;
}

export class Requests {
  /** In the order in which they were made, which is the order in which they are sent. */
  readonly #open = new Map<RequestId, Request>();
  #unsent: Request[] = [];
  #nextId: RequestId = 1;
  #mutations = 0;

  /** How many mutations wait to be sent or answered. */
  get mutations(): number {
    return this.#mutations;
  }

  /** Makes a request. The promise settles when its answer has come, or never will. */
  make(type: Call["type"], path: string, args: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      // A copy, so that the caller may change its object.
      const copy = JSON.parse(encodeArgs(args)) as JsonObject;
      const call: Call = { type, requestId: this.#nextId++, path, args: copy };
      const request: Request = { call, resolve, reject, sent: false };
      this.#open.set(call.requestId, request);
      this.#unsent.push(request);
      if (type === "mutation") this.#mutations++;
    });
  }

  /**
   * Has each call sent that was not sent on this connection. `send` returns whether it was: if not, the
   * connection was dropped meanwhile, and what is left waits for the next one.
   */
  sendUnsent(send: (call: Call) => boolean): void {
    const requests = this.#unsent;
    this.#unsent = [];
    for (const request of requests) {
      if (!send(request.call)) return;
      request.sent = true;
    }
  }

  settle(requestId: RequestId, outcome: Outcome): void {
    const request = this.#take(requestId);
    if (outcome.status === "success") request?.resolve(outcome.value);
    else request?.reject(new ZerobackError(outcome.errorCode, outcome.errorMessage, outcome.errorData, requestId));
  }

  /**
   * Queries that were sent will be sent again. A mutation that was sent may have been made or not,
   * and to send it again might make it twice: its caller is told so.
   */
  handleDrop(): void {
    this.#rejectUnknown();
    this.#unsent = [...this.#open.values()];
  }

  /** Rejects everything with `reason`, also what was sent. */
  refuse(reason: Outcome): void {
    for (const requestId of [...this.#open.keys()]) this.settle(requestId, reason);
    this.#unsent = [];
  }

  /** Rejects everything. */
  close(): void {
    this.#rejectUnknown();
    this.refuse(clientClosed);
  }

  /** Rejects the mutations that were sent. */
  #rejectUnknown(): void {
    for (const { call, sent } of [...this.#open.values()]) {
      if (sent && call.type === "mutation") this.settle(call.requestId, outcomeUnknown);
    }
  }

  #take(requestId: RequestId): Request | undefined {
    const request = this.#open.get(requestId);
    this.#open.delete(requestId);
    if (request?.call.type === "mutation") this.#mutations--;
    return request;
  }
}

const outcomeUnknown: Outcome = {
  status: "error",
  errorCode: "outcome_unknown",
  errorMessage: "the connection was lost before the answer came; the mutation was made once or not at all",
};

const clientClosed: Outcome = {
  status: "error",
  errorCode: "client_closed",
  errorMessage: "the client was closed",
};
