import type { Model } from "~/api/client";

/** Something to go to, as a line of the palette. */
export type Found = {
  id: string;
  kind: "Robot" | "Incident" | "Recording" | "Task" | "Board" | "Page" | "Action";
  title: string;
  /** What tells it from others of its name. */
  detail?: string;
  to: string;
  isForAdmins?: true;
};

export const ACTIONS: Found[] = [
  { id: "upload", kind: "Action", title: "Upload recordings", to: "/recordings/upload" },
  { id: "backtest", kind: "Action", title: "Try rules on recordings", to: "/recordings/backtests/new" },
  { id: "enrol", kind: "Action", title: "Enrol a robot", to: "/fleet/enrol", isForAdmins: true },
  { id: "lab", kind: "Action", title: "Start a debug session", to: "/lab/new" },
  { id: "approvals", kind: "Action", title: "Approvals waiting for me", to: "/boards/approvals" },
  { id: "tokens", kind: "Action", title: "Make a token", to: "/settings/tokens?make=true", isForAdmins: true },
  { id: "disk", kind: "Action", title: "Disk and retention", to: "/settings/storage", isForAdmins: true },
  { id: "audit", kind: "Action", title: "Audit log", to: "/settings/audit", isForAdmins: true },
];

/** Lines of a fixed list that hold every word of what was typed. */
export function matching(lines: Found[], typed: string): Found[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return lines.filter(({ title, kind }) => words.every((word) => `${title} ${kind}`.toLowerCase().includes(word)));
}

export function ofRobot(robot: Model<"Robot">): Found[] {
  const title = robot.name ?? robot.robot_id;
  const detail = [robot.robot_id, robot.site, robot.health].filter((one) => one !== null && one !== title).join(" · ");
  const to = `/robots/${encodeURIComponent(robot.robot_id)}`;
  return [
    { id: `robot ${robot.robot_id}`, kind: "Robot", title, detail, to },
    { id: `live ${robot.robot_id}`, kind: "Action", title: `Live: ${title}`, to: `${to}/live` },
  ];
}

export function ofIncident(incident: Model<"Incident">): Found {
  return {
    id: incident.id,
    kind: "Incident",
    title: incident.title,
    detail: `${incident.severity} · ${incident.state}`,
    to: `/incidents/${encodeURIComponent(incident.id)}`,
  };
}

export function ofRecording(recording: Model<"Recording">): Found {
  return {
    id: recording.session_id,
    kind: "Recording",
    title: recording.label || recording.session_id,
    detail: recording.session_id,
    to: `/recordings/${encodeURIComponent(recording.session_id)}`,
  };
}

export function ofBoard(board: Model<"Board">): Found {
  return { id: board.id, kind: "Board", title: board.name, to: `/boards/${encodeURIComponent(board.id)}` };
}

export function ofTask(task: { id: string; title: string; status: string }, board: Model<"Board">): Found {
  const to = `/boards/${encodeURIComponent(board.id)}?task=${encodeURIComponent(task.id)}`;
  return { id: task.id, kind: "Task", title: task.title, detail: `${board.name} · ${task.status}`, to };
}
