"use client";

import { useCallback, useInsertionEffect, useRef } from "react";
import type { AnyMutation, ArgsList, CallList, MutationOptions, ResultOf } from "../index.js";
import { useZerobackClient } from "./provider.js";

/**
 * Returns a function that runs the mutation. It is the same function at every render; a call takes the options of
 * the newest one.
 */
export function useMutation<F extends AnyMutation>(
  mutation: F,
  options?: MutationOptions<F>,
): (...args: ArgsList<F>) => Promise<ResultOf<F>> {
  const client = useZerobackClient();
  const newest = useRef(options);
  useInsertionEffect(() => {
    newest.current = options;
  });
  const { path } = mutation;
  return useCallback(
    (...[args = {}]) => client.mutation(mutation, ...([args, newest.current] as CallList<F, MutationOptions<F>>)),
    [client, path],
  );
}
