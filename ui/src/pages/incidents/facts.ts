export type Facts = Record<string, unknown>;

/** What the timeline carries has any shape: what is no object has no members. */
export function record(value: unknown): Facts {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Facts) : {};
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

export function isSaid(words: string): boolean {
  return words !== "";
}
