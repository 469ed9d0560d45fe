import { isDiff } from "./diff";

/** What of an approval's payload is drawn in a way of its own; the rest is shown as it was sent. */
export type Evidence = {
  diffs: { name: string; text: string }[];
  batchIds: string[];
  recordingIds: string[];
  rest: [string, unknown][];
};

const BATCHES = new Set(["batch", "batch_id", "batch_ids"]);
const RECORDINGS = new Set([
  "recording",
  "recordings",
  "recording_id",
  "recording_ids",
  "session_id",
  "recording_session_id",
]);
const MOST_LINKED = 20;

export function evidenceOf(payload: Record<string, unknown>): Evidence {
  const found: Evidence = { diffs: [], batchIds: [], recordingIds: [], rest: [] };
  for (const [name, value] of Object.entries(payload)) {
    const ids = idsOf(value);
    if (typeof value === "string" && isDiff(value)) found.diffs.push({ name, text: value });
    else if (BATCHES.has(name) && ids !== null) found.batchIds.push(...ids);
    else if (RECORDINGS.has(name) && ids !== null) found.recordingIds.push(...ids);
    else found.rest.push([name, value]);
  }
  return found;
}

function idsOf(value: unknown): string[] | null {
  const list = Array.isArray(value) ? value : [value];
  const ids = list.filter((one): one is string => typeof one === "string" && /^[\w.:-]{1,200}$/.test(one));
  return ids.length === list.length && ids.length > 0 && ids.length <= MOST_LINKED ? ids : null;
}

/** An address that may be a link: http or https, or a path of this hub; anything else is shown as text only. */
export function linkOf(address: string | null): string | null {
  if (address === null) return null;
  if (/^\/(?![/\\])/.test(address)) return address;
  try {
    const url = new URL(address);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}
