/** The details of a connection as something to draw: the same object until one of them changes. */

import type { ConnectionDetails, ZerobackClient } from "./client.js";

export interface DetailsWatch {
  readonly state: () => ConnectionDetails;
  readonly subscribe: (onChange: () => void) => () => void;
}

/** What is shown where nothing is connected: while a server renders, and until a browser has taken over from it. */
export const UNCONNECTED: ConnectionDetails = Object.freeze({
  state: "connecting",
  hasEverConnected: false,
  inflightMutations: 0,
  nextRetryAt: undefined,
});

export function watchDetails(client: ZerobackClient): DetailsWatch {
  let shown = client.connectionDetails;
  const isShown = ([name, detail]: [string, unknown]): boolean => shown[name as keyof ConnectionDetails] === detail;
  return {
    state() {
      const details = client.connectionDetails;
      if (!Object.entries(details).every(isShown)) shown = details;
      return shown;
    },
    subscribe: (onChange) => client.onConnectionDetailsChange(onChange),
  };
}
