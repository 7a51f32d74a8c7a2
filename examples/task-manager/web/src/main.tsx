import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ZerobackClient } from "zeroback";
import { ZerobackProvider } from "zeroback/react";
import { App } from "./App";
import { FailureBoundary } from "./FailureBoundary";
import { NoticesProvider } from "./notices";
import "./styles.css";

const client = new ZerobackClient(import.meta.env["VITE_ZEROBACK_URL"] ?? "/ws");

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <ZerobackProvider client={client}>
      <NoticesProvider>
        <FailureBoundary>
          <App />
        </FailureBoundary>
      </NoticesProvider>
    </ZerobackProvider>
  </StrictMode>,
);
