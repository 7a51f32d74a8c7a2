/** A page in React's strict mode, which mounts everything twice, with every hook that listens. */

import { StrictMode, Suspense, useState, version } from "react";
import { createRoot } from "react-dom/client";
import { ZerobackClient } from "zeroback";
import { useConnectionState, usePaginatedQuery, useQuery, useQueryWithStatus, useSuspenseQuery, ZerobackProvider } from "zeroback/react";
import { api } from "../../test/suite-api.js";

const list = new URLSearchParams(location.search).get("list") ?? "";
const client = new ZerobackClient("/ws", { lingerMs: 50 });

function Suspending() {
  return <p data-testid="size">{useSuspenseQuery(api.notes.archive.size, { list })}</p>;
}

function Everything() {
  const texts = useQuery(api.notes.texts, { list });
  const odd = useQueryWithStatus(api.counters.isOdd, { name: list });
  const marks = usePaginatedQuery(api.values.marks, { list }, { initialNumItems: 2 });
  return (
    <>
      <p data-testid="texts">{texts?.join()}</p>
      <p data-testid="odd">{odd.status}</p>
      <p data-testid="marks">{marks.status}</p>
      <Suspense fallback={<p>…</p>}>
        <Suspending />
      </Suspense>
    </>
  );
}

function App() {
  const [isShown, setShown] = useState(true);
  return (
    <main data-testid="page" data-connection={useConnectionState()} data-react={version}>
      <button data-testid="toggle" onClick={() => setShown(!isShown)} />
      {isShown && <Everything />}
    </main>
  );
}

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
createRoot(root).render(
  <StrictMode>
    <ZerobackProvider client={client}>
      <App />
    </ZerobackProvider>
  </StrictMode>,
);
