import type { AnyAction, AnyMutation, ArgsList, CallList, MutationOptions, ResultOf } from "../index.js";
import { useZerobackClient } from "./provider.js";

/** Returns a function that runs the mutation, each time with the options. */
export function createMutation<F extends AnyMutation>(
  mutation: F,
  options?: MutationOptions<F>,
): (...args: ArgsList<F>) => Promise<ResultOf<F>> {
  const client = useZerobackClient();
  return (...[args = {}]) => client.mutation(mutation, ...([args, options] as CallList<F, MutationOptions<F>>));
}

/** Returns a function that runs the action. */
export function createAction<F extends AnyAction>(action: F): (...args: ArgsList<F>) => Promise<ResultOf<F>> {
  const client = useZerobackClient();
  return (...args) => client.action(action, ...args);
}
