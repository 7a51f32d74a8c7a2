import { Component, type ReactNode } from "react";
import { reason } from "./notices";

interface State {
  readonly error?: unknown;
  readonly failed: boolean;
}

/** Stands in for what could not be shown, and tries again on request. */
export class FailureBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { failed: false };

  static getDerivedStateFromError(error: unknown): State {
    return { error, failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="empty" role="alert" data-testid="failure">
        <h1>This could not be shown</h1>
        <p>{reason(this.state.error)}</p>
        <button className="button" onClick={() => this.setState({ failed: false })}>
          Try again
        </button>
      </div>
    );
  }
}
