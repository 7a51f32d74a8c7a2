"use client";

import { createContext, createElement, type ReactNode, useContext } from "react";
import type { ZerobackClient } from "../index.js";

const ClientContext = createContext<ZerobackClient | undefined>(undefined);

export interface ZerobackProviderProps {
  readonly client: ZerobackClient;
  readonly children?: ReactNode;
}

/** Gives the hooks below it their client. It neither makes nor closes it. */
export function ZerobackProvider({ client, children }: ZerobackProviderProps): ReactNode {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** Returns the client of the nearest `ZerobackProvider`. */
export function useZerobackClient(): ZerobackClient {
  const client = useContext(ClientContext);
  if (client === undefined) throw new Error("there is no <ZerobackProvider client={…}> above this component");
  return client;
}
