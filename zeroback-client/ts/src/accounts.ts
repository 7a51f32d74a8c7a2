/**
 * Accounts of the app's own, as a page sees them: what a backend with `app!(accounts)` serves below `/auth`.
 *
 * The browser keeps the session in a cookie that no page reads, so nothing of it is here.
 */

import type { ZerobackClient } from "./client.js";
import { request } from "./http.js";

/** Somebody with an account. */
export interface User {
  /** The `subject` of the user's identity. */
  readonly id: string;
  readonly email: string | null;
  /** Whether somebody has seen to it that the address is theirs. */
  readonly emailVerified: boolean;
  readonly name: string | null;
  readonly pictureUrl: string | null;
}

/** A place where somebody is signed in. */
export interface AccountSession {
  readonly id: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** Unix milliseconds. */
  readonly expiresAt: number;
  readonly userAgent: string | null;
  /** Whether it is this one. */
  readonly isCurrent: boolean;
}

/** Who is signed in here. */
export interface SignedIn {
  readonly user: User;
  readonly session: AccountSession;
}

export interface SignUpForm {
  readonly email: string;
  readonly password: string;
  readonly name?: string;
}

export interface AccountsOptions {
  /**
   * The client that connects again when somebody signs in or out, since its cookie is told when it connects; what it
   * keeps of who signs out is wiped.
   */
  readonly client?: Pick<ZerobackClient, "reconnect" | "clearAuth">;
  /** What makes requests. Default: the runtime's own. */
  readonly fetch?: typeof globalThis.fetch;
  /** What leads the browser elsewhere. Default: the page's location. */
  readonly navigate?: (url: string) => void;
}

/** Signs people up, in and out. Each promise rejects with a `ZerobackError`. */
export interface Accounts {
  signUp(form: SignUpForm): Promise<SignedIn>;
  signIn(form: { readonly email: string; readonly password: string }): Promise<SignedIn>;
  /** Leads the browser to a provider, and back to a path of the app. */
  signInWith(provider: "github" | "google", returnTo?: string): void;
  signOut(): Promise<void>;
  /** Returns who is signed in here, or `null`. */
  session(): Promise<SignedIn | null>;
  /** Returns where they are signed in, the newest first. */
  sessions(): Promise<readonly AccountSession[]>;
  /** Ends a session, or all but this one. Returns how many. */
  revoke(which: { readonly id: string } | "others"): Promise<number>;
  /** Sets another password; all other sessions end. */
  changePassword(form: { readonly oldPassword: string; readonly password: string }): Promise<void>;
}

/** The accounts of a client's own backend: `new ZerobackClient(url, { auth: accounts })` has them as `client.auth`. */
export function accounts(client: ZerobackClient, url: string): Accounts {
  return createAccounts(url, { client });
}

/** `url` is that of the backend; its path does not matter. In a browser it may be left empty for the page's own. */
export function createAccounts(url: string | URL = "", options: AccountsOptions = {}): Accounts {
  const { client, fetch = globalThis.fetch.bind(globalThis) } = options;
  const navigate = options.navigate ?? ((to: string) => globalThis.location.assign(to));
  const at = (path: string): string => new URL(`/auth/${path}`, new URL(url, globalThis.location?.href)).href;

  const ask = async (path: string, body?: object): Promise<unknown> => {
    const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    return request(fetch, at(path), { credentials: "include", ...(body === undefined ? {} : post) });
  };
  const askAndReconnect = async (path: string, body: object): Promise<unknown> => {
    const value = await ask(path, body);
    client?.reconnect();
    return value;
  };

  return {
    signUp: (form) => askAndReconnect("sign-up", form) as Promise<SignedIn>,
    signIn: (form) => askAndReconnect("sign-in", form) as Promise<SignedIn>,
    signInWith: (provider, returnTo = "/") => navigate(`${at(provider)}?returnTo=${encodeURIComponent(returnTo)}`),
    signOut: async () => {
      await ask("sign-out", {});
      client?.clearAuth();
      client?.reconnect();
    },
    session: () => ask("session") as Promise<SignedIn | null>,
    sessions: () => ask("sessions") as Promise<readonly AccountSession[]>,
    revoke: async (which) => {
      const body = which === "others" ? { others: true } : { id: which.id };
      return ((await ask("sessions/revoke", body)) as { readonly revoked: number }).revoked;
    },
    changePassword: async (form) => void (await ask("password", form)),
  };
}
