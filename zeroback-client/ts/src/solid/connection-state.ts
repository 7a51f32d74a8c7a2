import type { Accessor } from "solid-js";
import type { ConnectionState } from "../index.js";
import { useZerobackClient } from "./provider.js";
import { createState, type Watched } from "./watch.js";

/** Returns the state of the client's connection, as it changes. */
export function createConnectionState(): Accessor<ConnectionState> {
  const client = useZerobackClient();
  const connection: Watched<ConnectionState> = {
    state: () => client.connectionState,
    subscribe: (onChange) => client.onConnectionChange(onChange),
  };
  return createState(() => connection, "connecting");
}
