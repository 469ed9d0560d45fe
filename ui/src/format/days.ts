const DAY_MS = 86_400_000;

/** Days of the viewer as the moments between which they lie; the last one is meant with all its hours. */
export function daysOf({ since, until }: { since?: string; until?: string }): { since?: string; until?: string } {
  return {
    since: since === undefined ? undefined : new Date(`${since}T00:00`).toISOString(),
    until: until === undefined ? undefined : new Date(new Date(`${until}T00:00`).getTime() + DAY_MS).toISOString(),
  };
}
