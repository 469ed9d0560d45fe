/** Somebody as the hub writes them, without what their name says already: `operator Operator`, `system the hub itself`. */
export function doer(written: string): string {
  return written.replace(/^(?:operator|person|system) (?=\S)/, "");
}

/** What kind of doer it was, where that is not said by how they are written: `agent Scout`, `the hub itself`. */
export function kindBeside(written: string, kind: string): string | null {
  return kind === "system" || written === kind || written.startsWith(`${kind} `) ? null : kind;
}
