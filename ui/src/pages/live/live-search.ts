/** What the URL of the live page holds. */
export const LIVE_TABS = ["now", "boundaries", "risk"] as const;
export const OUTCOMES = ["reject", "clamp", "pass"] as const;
export const RISK_LEVELS = ["ELEVATED", "CRITICAL", "EMERGENCY"] as const;

export type LiveSearch = {
  tab?: (typeof LIVE_TABS)[number];
  boundary?: string;
  /** The boundary is about to be removed. */
  remove?: true;
  /** The task that Start would start. */
  task?: string;
  event?: string;
  outcome?: (typeof OUTCOMES)[number];
  level?: (typeof RISK_LEVELS)[number];
};
