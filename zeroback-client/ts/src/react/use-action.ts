"use client";

import { useCallback } from "react";
import type { AnyAction, ArgsList, ResultOf } from "../index.js";
import { useZerobackClient } from "./provider.js";

/** Returns a function that runs the action. It is the same function at every render. */
export function useAction<F extends AnyAction>(action: F): (...args: ArgsList<F>) => Promise<ResultOf<F>> {
  const client = useZerobackClient();
  const { path } = action;
  return useCallback((...args) => client.action(action, ...args), [client, path]);
}
