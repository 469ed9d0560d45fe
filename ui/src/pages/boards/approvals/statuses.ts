import type { Model } from "~/api/client";

export type Status = Model<"ApprovalStatus">;
export const STATUSES: Status[] = ["pending", "approved", "rejected", "voided", "expired", "withdrawn"];
