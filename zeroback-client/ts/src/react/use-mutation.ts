"use client";

import { useCallback } from "react";
import type { AnyMutation, ArgsList, ResultOf } from "../index.js";
import { useZerobackClient } from "./provider.js";

/** Returns a function that runs the mutation. It is the same function at every render. */
export function useMutation<F extends AnyMutation>(mutation: F): (...args: ArgsList<F>) => Promise<ResultOf<F>> {
  const client = useZerobackClient();
  const { path } = mutation;
  return useCallback((...args) => client.mutation(mutation, ...args), [client, path]);
}
