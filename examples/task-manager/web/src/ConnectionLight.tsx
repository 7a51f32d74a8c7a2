import type { ReactNode } from "react";
import { useConnectionState, useZerobackClient } from "zeroback/react";

/** Tells whether the page is live. */
export function ConnectionLight(): ReactNode {
  const state = useConnectionState();
  const { hasEverConnected } = useZerobackClient().connectionDetails;
  const text = state === "connected" ? "Live" : hasEverConnected ? "Reconnecting…" : "Connecting…";
  return (
    <div className="light" role="status" data-testid="connection" data-state={state}>
      <span className="light-dot" />
      <span>{text}</span>
      {state !== "connected" && hasEverConnected && (
        <span className="light-detail">Changes are sent when the connection is back.</span>
      )}
    </div>
  );
}
