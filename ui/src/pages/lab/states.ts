/** What becomes of a debug session, in the order it does. */
export const STATES = ["pending", "preparing", "active", "completed", "failed", "cancelled", "expired"] as const;
