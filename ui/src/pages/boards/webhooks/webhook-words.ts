import type { Model } from "~/api/client";

/** What becomes of what comes in. */
export const ACTIONS: Record<Model<"WebhookAction">, string> = {
  memory: "is remembered",
  task: "becomes a task",
  both: "is remembered and becomes a task",
};
