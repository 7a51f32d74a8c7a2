/** A page that React draws under StrictMode, for a client in virtual time. */

import { act, Component, type ReactNode, StrictMode } from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, vi } from "vitest";
import type { ZerobackClient, ZerobackError } from "../src/index.js";
import { ZerobackProvider } from "../src/react/index.js";
import { World } from "./world.js";

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

export class ReactPage {
  world = new World();
  client: ZerobackClient = this.world.client();
  element = document.createElement("div");
  #root: Root | undefined;

  get text(): string | null {
    return this.element.textContent;
  }

  async render(node: ReactNode): Promise<void> {
    this.#root ??= createRoot(this.element);
    await act(async () => this.#root?.render(this.within(node)));
  }

  /** Goes on from what a server has rendered. Returns what React had to complain of. */
  async hydrate(html: string, node: ReactNode): Promise<readonly unknown[]> {
    const errors: unknown[] = [];
    this.element.innerHTML = html;
    await act(async () => {
      this.#root = hydrateRoot(this.element, this.within(node), { onRecoverableError: (error) => errors.push(error) });
    });
    return errors;
  }

  within(node: ReactNode): ReactNode {
    return (
      <StrictMode>
        <ZerobackProvider client={this.client}>{node}</ZerobackProvider>
      </StrictMode>
    );
  }

  async connect(): Promise<void> {
    await act(async () => this.world.socket.accept());
  }

  /** Lets time pass, with a server that is there. */
  async advance(ms: number): Promise<void> {
    await act(async () => {
      for (let left = ms; left > 0; left -= 10_000) {
        this.world.socket.say("pong");
        await this.world.advance(Math.min(left, 10_000));
      }
    });
  }

  async transition(version: number, queries: object[]): Promise<void> {
    await act(async () => this.world.socket.transition(version, { queries }));
  }

  /** Presses the page's only button. */
  async press(): Promise<void> {
    await act(async () => this.element.querySelector("button")?.click());
  }

  /** What was subscribed to and taken back since the last call, as `+1` and `-1`. */
  asked(): string {
    const sets = this.world.socket.received() as Array<{ add?: Array<{ queryId: number }>; remove?: number[] }>;
    const changes = sets.flatMap(({ add = [], remove = [] }) => [
      ...remove.map((id) => `-${id}`),
      ...add.map(({ queryId }) => `+${queryId}`),
    ]);
    return changes.join(" ");
  }

  async close(): Promise<void> {
    await act(async () => this.#root?.unmount());
    this.client.close();
  }
}

/** Gives each test of a file a page of its own. */
export function eachPage(): { readonly page: ReactPage } {
  const own = { page: undefined as unknown as ReactPage };
  beforeEach(() => {
    own.page = new ReactPage();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await own.page.close();
  });
  return own;
}

export const result = (queryId: number, value: unknown) => ({ queryId, status: "success", value });
export const failure = (queryId: number, errorMessage: string) => ({
  queryId,
  status: "error",
  errorCode: "forbidden",
  errorMessage,
});

/** Shows an error as a button that tries again. React tells of it on the console too, which is not shown. */
export class Boundary extends Component<{ children: ReactNode }, { error?: ZerobackError | undefined }> {
  override state: { error?: ZerobackError | undefined } = {};
  static getDerivedStateFromError(error: ZerobackError): { error: ZerobackError } {
    return { error };
  }
  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return <button onClick={() => this.setState({ error: undefined })}>{`${error.code}: ${error.message}`}</button>;
  }
}

export function silenceConsole(): void {
  vi.spyOn(console, "error").mockImplementation(() => {});
}
