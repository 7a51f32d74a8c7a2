/** What went wrong, told at the foot of the page. */

import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import { ZerobackError } from "zeroback";
import { CloseIcon } from "./icons";

interface Notice {
  readonly key: number;
  readonly text: string;
}

type Attempt = <T>(what: string, action: Promise<T>) => Promise<T | undefined>;

const AttemptContext = createContext<Attempt | undefined>(undefined);

let nextKey = 0;

/** Returns a function that waits for an action and, where it fails, tells so and gives `undefined`. */
export function useAttempt(): Attempt {
  const attempt = useContext(AttemptContext);
  if (attempt === undefined) throw new Error("there is no <NoticesProvider> above this component");
  return attempt;
}

export function NoticesProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const dismiss = useCallback((key: number) => {
    setNotices((present) => present.filter((notice) => notice.key !== key));
  }, []);
  const attempt = useMemo(
    (): Attempt => async (what, action) => {
      try {
        return await action;
      } catch (error) {
        const notice = { key: nextKey++, text: `${what}: ${reason(error)}` };
        // The newest three say enough.
        setNotices((present) => [...present.slice(-2), notice]);
        return undefined;
      }
    },
    [],
  );
  return (
    <AttemptContext value={attempt}>
      {children}
      <div className="notices" role="status" aria-live="polite">
        {notices.map(({ key, text }) => (
          <div className="notice" data-testid="notice" key={key}>
            <p>{text}</p>
            <button className="icon-button" aria-label="Dismiss" onClick={() => dismiss(key)}>
              <CloseIcon />
            </button>
          </div>
        ))}
      </div>
    </AttemptContext>
  );
}

export function reason(error: unknown): string {
  if (error instanceof ZerobackError && error.code === "outcome_unknown") {
    return "it was sent, and nobody can tell any more whether it was saved. Please check.";
  }
  return error instanceof Error ? error.message : String(error);
}
