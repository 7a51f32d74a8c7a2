/** A page that Solid draws, for a client in virtual time. */

import { createComponent, createMemo, type JSX, Suspense } from "solid-js";
import { render } from "solid-js/web";
import { afterEach, beforeEach } from "vitest";
import type { ZerobackClient } from "../src/index.js";
import { ZerobackProvider } from "../src/solid/index.js";
import { settle, World } from "./world.js";

export class SolidPage {
  readonly world = new World();
  readonly client: ZerobackClient = this.world.client();
  readonly element = document.createElement("div");
  dispose: () => void = () => {};

  get text(): string | null {
    return this.element.textContent;
  }

  /** Draws a component below a provider, with a server that has accepted. */
  draw(component: () => JSX.Element): void {
    this.world.socket.accept();
    this.dispose = render(() => this.within(component), this.element);
  }

  within(component: () => JSX.Element): JSX.Element {
    return createComponent(ZerobackProvider, {
      client: this.client,
      get children() {
        return createComponent(component, {});
      },
    });
  }

  async transition(version: number, queries: object[]): Promise<void> {
    this.world.socket.transition(version, { queries });
    await settle();
  }

  /** What was subscribed to and taken back since the last call, as `+1` and `-1`. */
  async asked(): Promise<string> {
    await settle();
    const sets = this.world.socket.received() as Array<{ add?: Array<{ queryId: number }>; remove?: number[] }>;
    const changes = sets.flatMap(({ add = [], remove = [] }) => [
      ...remove.map((id) => `-${id}`),
      ...add.map(({ queryId }) => `+${queryId}`),
    ]);
    return changes.join(" ");
  }
}

/** Gives each test of a file a page of its own. */
export function eachPage(): { readonly page: SolidPage } {
  const own = { page: undefined as unknown as SolidPage };
  beforeEach(() => {
    own.page = new SolidPage();
  });
  afterEach(() => own.page.dispose());
  return own;
}

/** What `{read()}` is in a template. */
export function text(read: () => unknown): JSX.Element {
  return createMemo(read) as unknown as JSX.Element;
}

export function within(children: () => JSX.Element): JSX.Element {
  return createComponent(Suspense, {
    fallback: "waiting",
    get children() {
      return createComponent(children, {});
    },
  });
}

export const result = (queryId: number, value: unknown) => ({ queryId, status: "success", value });
export const failure = (queryId: number) => ({ queryId, status: "error", errorCode: "forbidden", errorMessage: "not yours" });
