/**
 * Who is at this end of the connection: when a token is asked for, when it is said, and what waits
 * meanwhile. Knows no socket.
 */

import type { Platform } from "./platform.js";
import type { Authentication } from "./protocol.js";

/**
 * Returns a token, or nothing where nobody is signed in. `forceRefresh` asks for one that was just made: the
 * server has refused the last one, or it is about to expire.
 */
export type FetchToken = (options: {
  readonly forceRefresh: boolean;
}) => Promise<string | null | undefined> | string | null | undefined;

export interface AuthEvents {
  /** Says who is here. */
  say(token: string | null): void;
  /** What has waited may be sent. */
  goOn(): void;
  /** Whether somebody is signed in, as the server says. */
  report(isAuthenticated: boolean): void;
}

/** A token is replaced so long before it expires, or in the middle of a shorter life. */
const REFRESH_BEFORE_MS = 60_000;

/** Timers take no longer wait. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Order of calls: `set` and `clear` whenever; `handleOpen`, `handleMessage` and `handleDrop` as a connection goes. */
export class Auth {
  readonly #platform: Platform;
  readonly #events: AuthEvents;
  #fetchToken: FetchToken | undefined;
  #isOpen = false;
  #waits = false;
  /** A token that was asked for before the last one counts for nothing. */
  #turn = 0;
  /** How many of those that were said on this connection have no answer. */
  #unanswered = 0;
  #hasSaid = false;
  #wasForced = false;
  #cancelRefresh: (() => void) | undefined;

  constructor(platform: Platform, events: AuthEvents) {
    this.#platform = platform;
    this.#events = events;
  }

  /** Whether nothing may be sent before it is known who sends it. */
  get waits(): boolean {
    return this.#waits;
  }

  /** Whether the server has said who is here, as far as it was told. */
  get isAnswered(): boolean {
    return !this.#waits && this.#unanswered === 0;
  }

  set(fetchToken: FetchToken): void {
    this.#fetchToken = fetchToken;
    if (this.#isOpen) void this.#find(false);
  }

  /** Nobody is signed in from now on. */
  clear(): void {
    this.#fetchToken = undefined;
    this.#stop();
    if (this.#isOpen) this.#sayNobody();
  }

  handleOpen(): void {
    this.#isOpen = true;
    this.#unanswered = 0;
    this.#hasSaid = false;
    if (this.#fetchToken) void this.#find(false);
  }

  handleDrop(): void {
    this.#isOpen = this.#waits = false;
    this.#stop();
  }

  handleMessage(message: Authentication): void {
    if (message.status === "expired") {
      if (!this.#fetchToken) return;
      return void this.#find(true);
    }
    // One that was overtaken says nothing of the last.
    if (--this.#unanswered > 0) return;
    if (message.status === "accepted") {
      this.#events.report(message.expiresInMs !== undefined);
      if (message.expiresInMs !== undefined) this.#refreshBefore(message.expiresInMs);
    } else if (this.#wasForced) {
      this.#platform.warn(`the server refused the token: ${message.errorCode}: ${message.errorMessage}`);
      this.#sayNobody();
    } else void this.#find(true);
  }

  /** Asks for a token, and says it. What is called meanwhile waits: it is not to be made under one that may end. */
  async #find(forceRefresh: boolean): Promise<void> {
    this.#stop();
    const turn = this.#turn;
    this.#waits = true;
    let token: string | null | undefined;
    try {
      token = await this.#fetchToken?.({ forceRefresh });
    } catch (cause) {
      this.#platform.warn("the token could not be had; nobody is signed in", cause);
    }
    if (turn !== this.#turn) return;
    if (token === null || token === undefined) return this.#sayNobody();
    this.#wasForced = forceRefresh;
    this.#say(token);
    this.#goOn();
  }

  #sayNobody(): void {
    // A new connection is nobody's, or that of its cookie.
    if (this.#hasSaid) this.#say(null);
    else this.#events.report(false);
    this.#goOn();
  }

  #say(token: string | null): void {
    this.#hasSaid = true;
    this.#unanswered++;
    this.#events.say(token);
  }

  #goOn(): void {
    if (!this.#waits) return;
    this.#waits = false;
    this.#events.goOn();
  }

  #refreshBefore(expiresInMs: number): void {
    const delayMs = expiresInMs - Math.min(REFRESH_BEFORE_MS, expiresInMs / 2);
    this.#cancelRefresh?.();
    this.#cancelRefresh = this.#platform.schedule(
      () => void this.#find(true),
      Math.min(delayMs, TIMER_MS_MAX),
    );
  }

  #stop(): void {
    this.#turn++;
    this.#cancelRefresh?.();
    this.#cancelRefresh = undefined;
  }
}
