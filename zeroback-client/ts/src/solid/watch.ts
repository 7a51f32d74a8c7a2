/** What the primitives that show something live have in common. */

import { type Accessor, batch, createMemo, createSignal, onCleanup, sharedConfig } from "solid-js";
import { isServer } from "solid-js/web";
import type { AnyQuery, ArgsList, ArgsOf, ErrorOf, QueryState, QueryWatch, ResultOf } from "../index.js";
import { useZerobackClient } from "./provider.js";

export type MaybeAccessor<Value> = Value | Accessor<Value>;

/** `[args]`, `["skip"]`, an accessor of either, or nothing for a query without arguments. */
export type QueryArgs<F extends AnyQuery> =
  {} extends ArgsOf<F> ? [args?: MaybeAccessor<ArgsOf<F> | "skip">] : [args: MaybeAccessor<ArgsOf<F> | "skip">];

/** Something that changes, and tells when. */
export interface Watched<State> {
  readonly state: () => State;
  readonly subscribe: (onChange: () => void) => () => void;
}

export const LOADING: QueryState<never, never> = { status: "loading" };

/** What a skipped query looks like. */
export const NOTHING: QueryWatch<never, never> = { key: "skip", state: () => LOADING, subscribe: () => () => {} };

export function valueIn<Value>(given: MaybeAccessor<Value>): Value {
  return typeof given === "function" ? (given as Accessor<Value>)() : given;
}

/** Follows the arguments; the watch stays the same for as long as what they say. */
export function createWatch<F extends AnyQuery>(
  query: MaybeAccessor<F>,
  args: MaybeAccessor<ArgsOf<F> | "skip"> | undefined,
): Accessor<QueryWatch<ResultOf<F>, ErrorOf<F>>> {
  const client = useZerobackClient();
  const watch = (): QueryWatch<ResultOf<F>, ErrorOf<F>> => {
    const given = valueIn(args);
    return given === "skip" ? NOTHING : client.watch(valueIn(query), ...([given] as ArgsList<F>));
  };
  return createMemo(watch, undefined, { equals: (a, b) => a.key === b.key });
}

/**
 * Returns the state of what is watched, and subscribes to it for as long as its owner lives. On a server nothing
 * is subscribed to, and the state is `onServer`; so it is in a browser until it has taken over from the server.
 */
export function createState<State>(watched: Accessor<Watched<State>>, onServer: State): Accessor<State> {
  const source = createMemo(() => {
    const { state, subscribe } = watched();
    if (isServer) return () => onServer;
    onCleanup(subscribe(() => soon(update)));
    const isHydrating = Boolean(sharedConfig.context);
    const [shown, show] = createSignal(isHydrating ? onServer : state());
    const update = (): void => void show(state);
    if (isHydrating) soon(update);
    return shown;
  });
  return () => source()();
}

const updates = new Set<() => void>();

/** What one commit changes is told one after another, and shown at once. */
function soon(update: () => void): void {
  if (updates.size === 0) {
    queueMicrotask(() => {
      const all = [...updates];
      updates.clear();
      batch(() => {
        for (const each of all) each();
      });
    });
  }
  updates.add(update);
}

/** Returns a query's result, or throws its error. */
export function valueOf<Result>(state: QueryState<Result>): Result | undefined {
  if (state.status === "error") throw state.error;
  return state.status === "success" ? state.value : undefined;
}
