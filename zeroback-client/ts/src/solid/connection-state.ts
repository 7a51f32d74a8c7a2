import type { Accessor } from "solid-js";
import { UNCONNECTED, watchDetails } from "../connection-details.js";
import type { ConnectionDetails, ConnectionState } from "../index.js";
import { useZerobackClient } from "./provider.js";
import { createState, type Watched } from "./watch.js";

/** Returns the state of the client's connection, as it changes. */
export function createConnectionState(): Accessor<ConnectionState> {
  const client = useZerobackClient();
  const connection: Watched<ConnectionState> = {
    state: () => client.connectionState,
    subscribe: (onChange) => client.onConnectionChange(onChange),
  };
  return createState(() => connection, UNCONNECTED.state);
}

/** Returns what else is known of the connection, such as how many mutations wait, as it changes. */
export function createConnectionDetails(): Accessor<ConnectionDetails> {
  const details = watchDetails(useZerobackClient());
  return createState(() => details, UNCONNECTED);
}
