import { useEffect } from "react";
import { unreachable } from "~/api/problem";
import { Failure } from "~/parts/failure";

const ASKED_AGAIN_MS = 2_000;
const NOT_FETCHED =
  /^(?:Failed to fetch dynamically|error loading dynamically|Importing a module script|Unable to preload CSS)/;
const SAID = "Not fetched: ";

/**
 * Pages are fetched when somebody goes there. When one cannot be, the router loads the document anew: from a hub that
 * does not answer that leaves an error page of the browser, which nothing brings back. What it is told has other words.
 */
export function keepTheDocument(): void {
  window.addEventListener("vite:preloadError", ({ payload }) => {
    if (NOT_FETCHED.test(payload.message)) payload.message = SAID + payload.message;
  });
}

/** What is shown in place of a page that failed. */
export function PageFailure({ error, reset }: { error: unknown; reset: () => void }) {
  const isFetched = !(error instanceof Error && error.message.startsWith(SAID));
  return isFetched ? <Failure error={error} retry={reset} /> : <Unfetched from={error.message} />;
}

/** It comes by itself as soon as the hub has it. */
function Unfetched({ from }: { from: string }) {
  const part = /https?:\/\/\S+/.exec(from)?.[0];
  useEffect(() => {
    const timer = setInterval(async () => {
      if (part !== undefined && (await isThere(part))) window.location.reload();
    }, ASKED_AGAIN_MS);
    return () => clearInterval(timer);
  }, [part]);
  return <Failure error={unreachable()} retry={() => window.location.reload()} />;
}

/** Whether to load the document would help: the part is there, or another version of this UI is, of other parts. */
async function isThere(part: string): Promise<boolean> {
  try {
    if ((await fetch(part, { cache: "no-store" })).ok) return true;
    const found = await fetch("/", { cache: "no-store" });
    const own = document.querySelector("script[type=module][src]")?.getAttribute("src");
    return found.ok && typeof own === "string" && !(await found.text()).includes(own);
  } catch {
    return false;
  }
}
