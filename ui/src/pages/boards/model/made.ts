import type { Task } from "./queries";

/** A task for tests: one in the inbox that nobody has, but for what is given. */
export function card(given: Partial<Task> = {}): Task {
  return {
    id: "tsk_1",
    board_id: "brd_1",
    title: "A task",
    description: "",
    status: "inbox",
    priority: "medium",
    blocked: false,
    blocked_by: [],
    depends_on_ids: [],
    assigned_id: null,
    assigned_kind: null,
    assigned_name: null,
    claimed_at: null,
    lease_until: null,
    started_at: null,
    done_at: null,
    due_at: null,
    tags: [],
    custom_fields: {},
    incident_id: null,
    comment_count: 0,
    pending_approval_id: null,
    made_by_kind: "person",
    made_by_id: "mara",
    made_by_name: "Mara",
    created_at: "2026-01-01T00:00:00Z",
    changed_at: "2026-01-01T00:00:00Z",
    version: 1,
    content_version: 1,
    ...given,
  };
}
