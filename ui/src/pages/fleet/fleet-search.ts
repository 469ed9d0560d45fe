import { flag, number, oneOf, text } from "~/app/search";

export const HEALTHS = ["silent", "stale", "healthy", "unheard"] as const;

/** What the URL of the fleet holds. */
export type FleetSearch = {
  q?: string;
  site?: string;
  tag?: string;
  health?: (typeof HEALTHS)[number];
  retired?: true;
  offset?: number;
};

export function fleetSearch(search: Record<string, unknown>): FleetSearch {
  return {
    q: text(search.q),
    site: text(search.site),
    tag: text(search.tag),
    health: oneOf(search.health, HEALTHS),
    retired: flag(search.retired),
    offset: number(search.offset),
  };
}
