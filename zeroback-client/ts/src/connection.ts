/**
 * One connection that comes back: a socket, and when to open the next one. Carries text without
 * knowing what it means, save for the frames that keep it alive.
 */

import { backoffMs, type BackoffOptions } from "./backoff.js";
import type { Platform, Socket } from "./platform.js";
import { PING, PONG } from "./protocol.js";

export type ConnectionState = "connecting" | "connected" | "disconnected";

export interface ConnectionOptions extends BackoffOptions {
  /** After so long without a word from the server it is asked for one. */
  readonly heartbeatIntervalMs: number;
  /** A server that has been asked for a word has so long to answer. */
  readonly heartbeatTimeoutMs: number;
  /** How long a connection may take to come about. */
  readonly connectTimeoutMs: number;
}

export interface ConnectionEvents {
  /** A new socket is open. */
  handleOpen(): void;
  handleText(text: string): void;
  /** The socket is gone, and all that was sent on it without an answer. */
  handleDrop(): void;
  handleStateChange(): void;
}

/** A connection that has lasted this long starts its backoff anew when it drops. */
const STABLE_MS = 5_000;

/**
 * Order of calls: `open`; from `handleOpen` on `send`; `confirm` when the server has answered; `drop`
 * where the server cannot be understood; at last `close`.
 */
export class Connection {
  readonly #url: string;
  readonly #platform: Platform;
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  #state: ConnectionState = "disconnected";
  #socket: Socket | undefined;
  #isOpen = false;
  #hasEverConnected = false;
  #closed = false;
  #attempts = 0;
  #connectedAt = 0;
  #heardAt = 0;
  #nextRetryAt: number | undefined;
  /** The phases of a connection wait for one thing at a time. */
  #cancelTimer: (() => void) | undefined;
  #stopWake: (() => void) | undefined;

  constructor(url: string, platform: Platform, options: ConnectionOptions, events: ConnectionEvents) {
    this.#url = url;
    this.#platform = platform;
    this.#options = options;
    this.#events = events;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get hasEverConnected(): boolean {
    return this.#hasEverConnected;
  }

  /** Unix milliseconds of the next attempt, while one is waited for. */
  get nextRetryAt(): number | undefined {
    return this.#nextRetryAt;
  }

  open(): void {
    this.#stopWake = this.#platform.onWake(() => this.#handleWake());
    this.#dial();
  }

  /** Sends, unless the connection is lost; it is also lost, and nothing was sent, when the socket refuses. */
  send(text: string): void {
    try {
      this.#socket?.send(text);
    } catch (cause) {
      this.drop("a message could not be sent", cause);
    }
  }

  /** The server speaks our protocol: the connection stands. */
  confirm(): void {
    this.#hasEverConnected = true;
    this.#connectedAt = this.#platform.now();
    this.#awaitSilence();
    this.#moveTo("connected");
  }

  /** Opens another socket at once, in the place of the present one. */
  renew(): void {
    if (this.#closed) return;
    this.#leaveSocket();
    this.#attempts = 0;
    this.#moveTo("disconnected");
    this.#events.handleDrop();
    this.#dial();
  }

  /** Ends the present socket, for a reason that is worth a warning, and tries again. */
  drop(reason: string, cause?: unknown): void {
    if (!this.#socket) return;
    this.#platform.warn(`${reason}; connecting again`, cause);
    this.#handleLoss();
  }

  close(): void {
    this.#closed = true;
    this.#stopWake?.();
    this.#setTimer(undefined);
    this.#nextRetryAt = undefined;
    this.#leaveSocket();
    this.#moveTo("disconnected");
  }

  #dial(): void {
    this.#nextRetryAt = undefined;
    this.#moveTo("connecting");
    if (this.#closed) return;
    this.#setTimer(() => this.#handleLoss(), this.#options.connectTimeoutMs);
    try {
      this.#adopt(this.#platform.connect(this.#url));
    } catch (cause) {
      this.#platform.warn("the socket could not be made", cause);
      this.#handleLoss();
    }
  }

  #adopt(socket: Socket): void {
    this.#socket = socket;
    socket.onopen = () => {
      this.#isOpen = true;
      this.#events.handleOpen();
    };
    socket.onmessage = ({ data }) => {
      this.#heardAt = this.#platform.now();
      // Bytes are no message of this protocol, and read as text they say so.
      if (data !== PONG) this.#events.handleText(String(data));
    };
    socket.onclose = () => this.#handleLoss();
    // A close follows every error; without a listener some runtimes would throw it.
    socket.onerror = () => {};
  }

  #handleLoss(): void {
    const stable = this.#state === "connected" && this.#platform.now() - this.#connectedAt >= STABLE_MS;
    if (stable) this.#attempts = 0;
    this.#leaveSocket();
    const delayMs = backoffMs(this.#attempts++, this.#options, this.#platform.random);
    this.#nextRetryAt = this.#platform.now() + delayMs;
    this.#setTimer(() => this.#dial(), delayMs);
    this.#moveTo("disconnected");
    this.#events.handleDrop();
  }

  /** Forgets the socket at once: one that is dead may take minutes to say so. */
  #leaveSocket(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isOpen = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #handleWake(): void {
    if (this.#nextRetryAt !== undefined) this.#dial();
    else if (this.#state === "connected") this.#ask();
  }

  /** Waits until nothing has been heard for a while. */
  #awaitSilence(): void {
    const { heartbeatIntervalMs } = this.#options;
    const quietMs = this.#platform.now() - this.#heardAt;
    if (quietMs >= heartbeatIntervalMs) this.#ask();
    else this.#setTimer(() => this.#awaitSilence(), heartbeatIntervalMs - quietMs);
  }

  /** Asks the server for a word. */
  #ask(): void {
    const askedAt = this.#platform.now();
    this.#setTimer(() => {
      if (this.#heardAt >= askedAt) this.#awaitSilence();
      else this.#handleLoss();
    }, this.#options.heartbeatTimeoutMs);
    this.send(PING);
  }

  #setTimer(callback: (() => void) | undefined, delayMs = 0): void {
    this.#cancelTimer?.();
    this.#cancelTimer = callback && this.#platform.schedule(callback, delayMs);
  }

  #moveTo(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#events.handleStateChange();
  }
}
