import type { Model } from "~/api/client";
import { parseCommandLine } from "./command-line";

/** A session as somebody writes it down; numbers are what their fields hold. */
export type Draft = {
  repository: string;
  commit: string;
  ref: string;
  recordings: string[];
  incident: string;
  patch: string;
  commands: string;
  artifacts: string[];
  labels: string[];
  secrets: string[];
  environment: string;
  network: Model<"LabNetwork">;
  allow: string[];
  cpu: number | "";
  memory_mb: number | "";
  pids: number | "";
  disk_mb: number | "";
  timeout_s: number | "";
  idle_timeout_s: number | "";
  ttl_h: number | "";
  priority: number | "";
  endWhenDone: boolean;
  interactive: boolean;
};

export const EMPTY_DRAFT: Draft = {
  repository: "",
  commit: "",
  ref: "",
  recordings: [],
  incident: "",
  patch: "",
  commands: "",
  artifacts: [],
  labels: [],
  secrets: [],
  environment: "",
  network: "none",
  allow: [],
  cpu: "",
  memory_mb: "",
  pids: "",
  disk_mb: "",
  timeout_s: "",
  idle_timeout_s: "",
  ttl_h: "",
  priority: "",
  endWhenDone: false,
  interactive: false,
};

export type Mistakes = Partial<Record<keyof Draft, string>>;
export type Written = { session: Model<"NewLabSession"> } | { mistakes: Mistakes };

/** What is asked of the hub for a draft, or what is wrong with which field. */
export function asNewSession(draft: Draft): Written {
  const mistakes: Mistakes = {};
  if (draft.repository === "") mistakes.repository = "Choose the repository.";
  const commit = draft.commit.trim();
  if (commit !== "" && !/^[0-9a-fA-F]{4,64}$/.test(commit)) {
    mistakes.commit = "A commit is 4 to 64 hexadecimal digits; a branch or tag goes beside.";
  }
  if (commit !== "" && draft.ref.trim() !== "") mistakes.ref = "Give a commit or a branch, not both.";
  const commands = commandsOf(draft, mistakes);
  const environment = environmentOf(draft.environment, mistakes);
  if (draft.network === "allowlist" && draft.allow.length === 0) mistakes.allow = "Name the hosts it may reach.";
  if (Object.keys(mistakes).length > 0) return { mistakes };
  return {
    session: {
      repository: draft.repository,
      commit_sha: commit === "" ? undefined : commit,
      ref: draft.ref.trim() === "" ? undefined : draft.ref.trim(),
      recordings: draft.recordings,
      incident_id: draft.incident.trim() === "" ? undefined : draft.incident.trim(),
      patch: draft.patch.trim() === "" ? undefined : ended(draft.patch),
      commands,
      artifacts: draft.artifacts,
      labels: draft.labels,
      secrets: draft.secrets,
      environment,
      network: draft.network,
      allow: draft.network === "allowlist" ? draft.allow : [],
      limits: {
        cpu: given(draft.cpu),
        memory_mb: given(draft.memory_mb),
        pids: given(draft.pids),
        disk_mb: given(draft.disk_mb),
      },
      timeout_s: given(draft.timeout_s),
      idle_timeout_s: given(draft.idle_timeout_s),
      ttl_s: draft.ttl_h === "" ? undefined : draft.ttl_h * 3_600,
      priority: given(draft.priority) ?? 0,
      end_when_done: draft.endWhenDone && commands.length > 0,
      metadata: {},
    },
  };
}

function commandsOf(draft: Draft, mistakes: Mistakes): Model<"NewLabCommand">[] {
  const commands: Model<"NewLabCommand">[] = [];
  for (const [place, line] of draft.commands.split("\n").entries()) {
    if (line.trim() === "") continue;
    const parsed = parseCommandLine(line);
    if ("problem" in parsed) mistakes.commands = `Line ${place + 1}: ${parsed.problem}`;
    else {
      commands.push({
        argv: parsed.argv,
        cwd: "",
        interactive: draft.interactive,
        idempotent: false,
      } as Model<"NewLabCommand">);
    }
  }
  return commands;
}

function environmentOf(text: string, mistakes: Mistakes): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const [, name, value] = /^\s*([A-Za-z_]\w*)=(.*)$/.exec(line) ?? [];
    if (name === undefined) mistakes.environment = "Write NAME=VALUE, one a line.";
    else found[name] = value ?? "";
  }
  return found;
}

// `git apply` takes a patch without its last newline for a damaged one, and text that was pasted often lacks it.
function ended(patch: string): string {
  return patch.endsWith("\n") ? patch : `${patch}\n`;
}

function given(value: number | ""): number | undefined {
  return value === "" ? undefined : value;
}
