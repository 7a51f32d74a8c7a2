import { createComponent, createContext, type JSX, useContext } from "solid-js";
import type { ZerobackClient } from "../index.js";

const ClientContext = createContext<ZerobackClient>();

export interface ZerobackProviderProps {
  readonly client: ZerobackClient;
  readonly children?: JSX.Element;
}

/** Gives what is below it its client, which must stay the same. It neither makes nor closes it. */
export function ZerobackProvider(props: ZerobackProviderProps): JSX.Element {
  return createComponent(ClientContext.Provider, {
    value: props.client,
    get children() {
      return props.children;
    },
  });
}

/** Returns the client of the nearest `ZerobackProvider`. */
export function useZerobackClient(): ZerobackClient {
  const client = useContext(ClientContext);
  if (client === undefined) throw new Error("there is no <ZerobackProvider client={…}> above this component");
  return client;
}
