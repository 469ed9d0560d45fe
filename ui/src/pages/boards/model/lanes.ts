import type { Priority, TaskCard, TaskStatus } from "./queries";

/** The lanes of a board, in the order that work takes. */
export const LANES: { status: TaskStatus; title: string }[] = [
  { status: "inbox", title: "Inbox" },
  { status: "in_progress", title: "In progress" },
  { status: "review", title: "Review" },
  { status: "done", title: "Done" },
];

export const STATUSES = LANES.map(({ status }) => status);

export const PRIORITIES: Priority[] = ["urgent", "high", "medium", "low"];

export type Filters = {
  q?: string;
  assigned?: string;
  tag?: string;
  priority?: Priority;
  blocked?: boolean;
  incident?: string;
};

export function isNarrowed(filters: Filters): boolean {
  return Object.values(filters).some((one) => one !== undefined);
}

export function fits(task: TaskCard, filters: Filters, myId: string | null): boolean {
  const { q, assigned, tag, priority, blocked, incident } = filters;
  if (assigned === "none" && task.assigned_id !== null) return false;
  if (assigned === "me" && task.assigned_id !== myId) return false;
  if (assigned !== undefined && assigned !== "me" && assigned !== "none" && task.assigned_id !== assigned) return false;
  if (tag !== undefined && !task.tags.some((one) => one.id === tag)) return false;
  if (priority !== undefined && task.priority !== priority) return false;
  if (blocked !== undefined && task.blocked !== blocked) return false;
  if (incident !== undefined && task.incident_id !== incident) return false;
  return q === undefined || words(task).includes(q.trim().toLowerCase());
}

function words(task: TaskCard): string {
  const parts = [task.title, task.id, task.incident_id, task.assigned_name, ...task.tags.map((tag) => tag.name)];
  return parts.join("\n").toLowerCase();
}

/** The tasks of each lane: the most urgent first and of those the earliest; what is done, the latest first. */
export function laned(tasks: readonly TaskCard[]): Map<TaskStatus, TaskCard[]> {
  const lanes = new Map<TaskStatus, TaskCard[]>(LANES.map(({ status }) => [status, []]));
  for (const task of tasks) lanes.get(task.status)?.push(task);
  for (const [status, lane] of lanes) lane.sort(status === "done" ? byDone : byUrgency);
  return lanes;
}

function byUrgency(one: TaskCard, other: TaskCard): number {
  const rank = PRIORITIES.indexOf(one.priority) - PRIORITIES.indexOf(other.priority);
  return rank || one.created_at.localeCompare(other.created_at) || one.id.localeCompare(other.id);
}

function byDone(one: TaskCard, other: TaskCard): number {
  return (other.done_at ?? "").localeCompare(one.done_at ?? "") || one.id.localeCompare(other.id);
}

/** The lane beside one, or undefined at the edge. */
export function beside(status: TaskStatus, step: -1 | 1): TaskStatus | undefined {
  return LANES[LANES.findIndex((lane) => lane.status === status) + step]?.status;
}

export function titleOf(status: TaskStatus): string {
  return LANES.find((lane) => lane.status === status)?.title ?? status;
}

/** The same snapshot with one task in another lane, shown until the hub has answered. */
export function moved<Board extends { tasks: TaskCard[] }>(board: Board, taskId: string, status: TaskStatus): Board {
  return { ...board, tasks: board.tasks.map((task) => (task.id === taskId ? { ...task, status } : task)) };
}

/** The card that an arrow key leads to, by lane and place in it. */
export function neighbour(
  lanes: Map<TaskStatus, readonly TaskCard[]>,
  taskId: string,
  key: string,
): TaskCard | undefined {
  const columns = LANES.map(({ status }) => lanes.get(status) ?? []);
  const column = columns.findIndex((lane) => lane.some((task) => task.id === taskId));
  const row = columns[column]?.findIndex((task) => task.id === taskId) ?? -1;
  if (row < 0) return undefined;
  if (key === "ArrowDown" || key === "ArrowUp") return columns[column]?.[row + (key === "ArrowDown" ? 1 : -1)];
  const step = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
  for (let at = column + step; step !== 0 && at >= 0 && at < columns.length; at += step) {
    const lane = columns[at] ?? [];
    if (lane.length > 0) return lane[Math.min(row, lane.length - 1)];
  }
  return undefined;
}
