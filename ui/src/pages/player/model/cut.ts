import { rounded } from "./times";
import type { Span } from "./window";

/** Where the hub cuts a span out of a recording, of some topics or of all. */
export function cutHref(sessionId: string, span: Span, topics: string[]): string {
  const query = new URLSearchParams({ start: String(rounded(span.from)), end: String(rounded(span.to)) });
  if (topics.length > 0) query.set("topics", topics.join(","));
  return `/api/sessions/${encodeURIComponent(sessionId)}/cut?${query}`;
}

/** The address that starts a viewer, at another time than the hub wrote into it. */
export function openedAt(address: string, moment: string): string {
  const url = new URL(address);
  // URLSearchParams writes spaces as plus signs, which a viewer may take literally; there are none in these.
  url.searchParams.set("time", moment);
  return url.href;
}
