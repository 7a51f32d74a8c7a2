/** The transcripts that the Rust client replays too; `zeroback-protocol/golden/transcripts/README.md` lists the steps. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  functionReference,
  type FunctionReference,
  type MutationOptions,
  type OptimisticUpdate,
  type QueryWatch,
  type ZerobackClient,
  ZerobackError,
} from "../src/index.js";
import { settle, World } from "./world.js";

type Fields = Record<string, unknown>;
type Query = FunctionReference<"query", Fields, unknown>;
type Mutation = FunctionReference<"mutation", Fields, unknown>;
type Action = FunctionReference<"action", Fields, unknown>;

interface Call {
  readonly as: string;
  readonly path: string;
  readonly args: Fields;
  readonly guess?: { readonly append: { readonly project: string; readonly value: unknown } };
}

interface Heard {
  readonly watch: QueryWatch<unknown, ZerobackError>;
  readonly stop: () => void;
  changes: number;
}

const folder = join(import.meta.dirname, "../../../zeroback-protocol/golden/transcripts");
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
const list = functionReference<"query", Fields, unknown[]>("tasks:list");

class Replay {
  readonly #world = new World();
  readonly #client: ZerobackClient = this.#world.client();
  readonly #heard = new Map<string, Heard>();
  readonly #settled = new Map<string, unknown>();
  /** What placeholders stand for. */
  readonly #names = new Map<string, unknown>();
  readonly #asked: Array<{ readonly forceRefresh: boolean; readonly give: (token: string | null) => void }> = [];

  async step(step: Fields): Promise<void> {
    const [verb, what] = only(step);
    await this.#take(verb, what);
    await settle();
  }

  /** Returns what was sent and not told of. */
  get left(): readonly string[] {
    return this.#world.socket.sent.filter((text) => text !== "ping");
  }

  async #take(verb: string, what: unknown): Promise<void> {
    const { socket } = this.#world;
    switch (verb) {
      case "do":
        for (const one of Array.isArray(what) ? (what as unknown[]) : [what]) this.#act(one);
        return;
      case "server":
        return socket.say(typeof what === "string" ? what : (this.#filled(what) as object));
      case "sent":
        return this.#expectSent(what);
      case "quiet":
        return expect(socket.sent).toEqual([]);
      case "socket":
        return what === "open" ? socket.open() : socket.drop();
      case "afterMs":
        return this.#world.advance(what as number);
      case "wake":
        return this.#world.wake();
      case "asksForToken":
        return expect(this.#asked.length > 0).toBe(what);
      case "token": {
        const asked = this.#asked.pop();
        const { forceRefresh, give } = what as { forceRefresh: boolean; give: string | null };
        expect(asked?.forceRefresh).toBe(forceRefresh);
        return asked?.give(give);
      }
      case "state":
        return each(what, (name, expected) => expect(shown(this.#heard.get(name)), name).toEqual(expected));
      case "changes":
        return each(what, (name, expected) => {
          const heard = this.#heard.get(name);
          expect(heard?.changes, name).toBe(expected);
          if (heard !== undefined) heard.changes = 0;
        });
      case "settled":
        return each(what, (name, expected) => expect(this.#settled.get(name), name).toEqual(expected));
      case "connection":
        return this.#expectConnection(what as Fields);
      default:
        throw new Error(`no step is "${verb}"`);
    }
  }

  #act(what: unknown): void {
    const client = this.#client;
    switch (what) {
      case "setAuth":
        return client.setAuth(({ forceRefresh }) => new Promise((give) => this.#asked.push({ forceRefresh, give })));
      case "clearAuth":
        return client.clearAuth();
      case "reconnect":
        return client.reconnect();
      case "close":
        return client.close();
    }
    const [verb, how] = only(what as Fields);
    if (verb === "unsubscribe") return this.#heard.get(how as string)?.stop();
    const { as, path, args, guess } = how as Call;
    switch (verb) {
      case "subscribe": {
        const watch = client.watch(functionReference(path) as Query, args);
        const heard: Heard = { watch, changes: 0, stop: watch.subscribe(() => void heard.changes++) };
        return void this.#heard.set(as, heard);
      }
      case "query":
        return this.#settle(as, client.query(functionReference(path) as Query, args));
      case "action":
        return this.#settle(as, client.action(functionReference(path) as Action, args));
      case "mutation":
        return this.#settle(as, client.mutation(functionReference(path) as Mutation, args, options(guess)));
      default:
        throw new Error(`nothing is done by "${verb}"`);
    }
  }

  #settle(name: string, promise: Promise<unknown>): void {
    this.#settled.set(name, "pending");
    promise.then(
      (value) => this.#settled.set(name, { value }),
      (error: unknown) => this.#settled.set(name, failure(error)),
    );
  }

  #expectSent(expected: unknown): void {
    const text = this.#world.socket.sent.shift();
    if (text === undefined) throw new Error("nothing was sent");
    const sent: unknown = text === "ping" ? text : JSON.parse(text);
    this.#bind(expected, sent);
    expect(sent).toEqual(this.#filled(expected));
  }

  /** Notes what the placeholders stand for that are named for the first time. */
  #bind(expected: unknown, found: unknown): void {
    if (isPlaceholder(expected)) {
      if (!this.#names.has(expected)) this.#names.set(expected, found);
    } else if (typeof expected === "object" && expected !== null) {
      for (const [key, value] of Object.entries(expected)) this.#bind(value, (found as Fields | undefined)?.[key]);
    }
  }

  /** Returns a message with what its placeholders stand for. */
  #filled(message: unknown): unknown {
    if (isPlaceholder(message)) return this.#names.get(message);
    if (typeof message !== "object" || message === null) return message;
    if (Array.isArray(message)) return message.map((value) => this.#filled(value));
    return Object.fromEntries(Object.entries(message).map(([key, value]) => [key, this.#filled(value)]));
  }

  #expectConnection(expected: Fields): void {
    const { nextRetryAt, ...details } = this.#client.connectionDetails;
    const retryInMs = nextRetryAt === undefined ? null : nextRetryAt - this.#world.now();
    expect({ ...details, retryInMs }).toMatchObject(expected);
  }
}

function options(guess: Call["guess"]): MutationOptions<Mutation> {
  if (guess === undefined) return {};
  const { project, value } = guess.append;
  const optimisticUpdate: OptimisticUpdate<Mutation> = (store) => store.update(list, { project }, (tasks) => [...tasks, value]);
  return { optimisticUpdate };
}

function shown(heard: Heard | undefined): unknown {
  const state = heard?.watch.state();
  return state?.status === "error" ? failure(state.error) : state;
}

function failure(error: unknown): unknown {
  if (!(error instanceof ZerobackError)) return error;
  const { code, message, data, requestId } = error;
  return { status: "error", code, message, data, requestId };
}

function isPlaceholder(value: unknown): value is string {
  return typeof value === "string" && value.startsWith("$");
}

function only(step: Fields): [verb: string, what: unknown] {
  const [member, ...others] = Object.entries(step);
  if (member === undefined || others.length > 0) throw new Error("a step has one verb");
  return member;
}

function each(what: unknown, check: (name: string, expected: unknown) => void): void {
  for (const [name, expected] of Object.entries(what as Fields)) check(name, expected);
}

test("there are some", () => expect(names.length).toBeGreaterThanOrEqual(20));

test.each(names)("%s", async (name) => {
  const steps = JSON.parse(readFileSync(join(folder, name), "utf8")) as Fields[];
  const replay = new Replay();
  for (const [at, step] of steps.entries()) {
    try {
      await replay.step(step);
    } catch (cause) {
      throw new Error(`step ${at}: ${JSON.stringify(step)}: ${String(cause)}`, { cause });
    }
  }
  expect(replay.left).toEqual([]);
});
