import type { AnyAction, AnyMutation, ArgsList, ResultOf } from "../index.js";
import { useZerobackClient } from "./provider.js";

/** Returns a function that runs the mutation. */
export function createMutation<F extends AnyMutation>(mutation: F): (...args: ArgsList<F>) => Promise<ResultOf<F>> {
  const client = useZerobackClient();
  return (...args) => client.mutation(mutation, ...args);
}

/** Returns a function that runs the action. */
export function createAction<F extends AnyAction>(action: F): (...args: ArgsList<F>) => Promise<ResultOf<F>> {
  const client = useZerobackClient();
  return (...args) => client.action(action, ...args);
}
