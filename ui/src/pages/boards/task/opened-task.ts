import type { TaskStatus } from "../model/queries";

/** The task that the URL has opened over a page of its board, and what of it. */
export type OpenedTask = {
  task?: string;
  show?: "history";
  /** Its form, or the one that asks for an approval. */
  act?: "edit" | "ask";
  /** The comment that is being rewritten. */
  comment?: string;
};

/** What the rules of a board ask for before a task is moved, as the URL has it: of which task, and where to. */
export type AskedFirst = { asks?: "comment" | "approval"; moves?: string; to?: TaskStatus };

export const NO_TASK = {
  task: undefined,
  show: undefined,
  act: undefined,
  comment: undefined,
  comments: undefined,
  past: undefined,
};
