import type { Model } from "~/api/client";
import type { Severity, State } from "../search";

/** One judgement of several incidents, as it is being written. */
export type Judgement = {
  state: State | null;
  severity: Severity | null;
  cause: string;
  ticket: string;
  why: string;
  original: string;
};

/** What it changes in the words of the API; null as long as that is nothing. */
export function wantedOf(draft: Judgement): Omit<Model<"IncidentChange">, "version"> | null {
  const [cause, ticket, why] = [draft.cause.trim(), draft.ticket.trim(), draft.why.trim()];
  const wanted = {
    ...(draft.state === null ? {} : { state: draft.state }),
    ...(draft.severity === null ? {} : { severity: draft.severity }),
    ...(cause === "" ? {} : { root_cause: cause }),
    ...(ticket === "" ? {} : { ticket_url: ticket }),
    ...(draft.state === "duplicate" ? { duplicate_of: idIn(draft.original.trim()) } : {}),
  };
  if (Object.keys(wanted).length === 0) return null;
  return why === "" ? wanted : { ...wanted, reason: why };
}

/** The id in what was pasted, be it the address of the incident's page. */
export function idIn(pasted: string): string {
  return /\/incidents\/([A-Za-z0-9._-]{1,100})/.exec(pasted)?.[1] ?? pasted;
}
