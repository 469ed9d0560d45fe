import type { Model } from "~/api/client";

type Cell = Model<"LabBatchCell">;

export type Matrix = { recordings: (string | null)[]; commits: (string | null)[]; cells: Map<string, Cell> };

/** Sessions of a batch by recording (down) and commit (across), in the order in which they were asked for. */
export function matrixOf(cells: readonly Cell[]): Matrix {
  const recordings = [...new Set(cells.map((cell) => cell.recording))];
  const commits = [...new Set(cells.map((cell) => cell.commit_sha))];
  return { recordings, commits, cells: new Map(cells.map((cell) => [place(cell.recording, cell.commit_sha), cell])) };
}

export function place(recording: string | null, commit: string | null): string {
  return JSON.stringify([recording, commit]);
}

export type Verdict = "well" | "failed" | "going" | "waiting";

/** Whether a session did what it should: every command ended with 0. */
export function verdictOf(cell: Cell): Verdict {
  if (cell.state === "pending") return "waiting";
  if (cell.state === "preparing" || cell.state === "active") return "going";
  const codes = cell.exit_codes ?? [];
  return cell.state === "completed" && codes.every((code) => code === 0) ? "well" : "failed";
}

/** In few words: `exit 1`, `timeout`, `2 of 30 tests failed`. */
export function cellWords(cell: Cell): string {
  const verdict = verdictOf(cell);
  const tests = cell.summary?.tests;
  const bad = (tests?.failures ?? 0) + (tests?.errors ?? 0);
  if (verdict === "waiting" || verdict === "going") return cell.state;
  if (bad > 0) return `${bad} of ${tests?.tests} tests failed`;
  if (verdict === "well") return tests ? `${tests.tests} tests` : "exit 0";
  const ended = (cell.termination_reasons ?? []).find((reason) => reason !== null && reason !== "exit");
  const code = (cell.exit_codes ?? []).find((one) => one !== null && one !== 0);
  return ended?.replaceAll("_", " ") ?? (code === undefined ? cell.state : `exit ${code}`);
}
