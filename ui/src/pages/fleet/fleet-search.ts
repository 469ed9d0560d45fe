import { flag, oneOf, text } from "~/app/search";

export const HEALTHS = ["healthy", "stale", "silent"] as const;

/** What the URL of the fleet holds. */
export type FleetSearch = {
  q?: string;
  site?: string;
  tag?: string;
  health?: (typeof HEALTHS)[number];
  retired?: true;
};

export function fleetSearch(search: Record<string, unknown>): FleetSearch {
  return {
    q: text(search.q),
    site: text(search.site),
    tag: text(search.tag),
    health: oneOf(search.health, HEALTHS),
    retired: flag(search.retired),
  };
}
