export const TABS = ["log", "artifacts", "files", "debug", "about"] as const;
export type SessionTab = (typeof TABS)[number];
