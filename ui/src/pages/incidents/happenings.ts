import type { Model } from "~/api/client";
import { figure, plural } from "~/format/numbers";
import { signOf } from "~/format/triggers";
import { type Facts, isSaid, record, text } from "./facts";
import type { Entry } from "./queries";
import { type Report, reportOf, reportWords, together } from "./reports";
import type { TimelineKind } from "./search";

export type Goal =
  | { to: "recording"; id: string }
  | { to: "task"; id: string; boardId: string }
  | { to: "lab"; id: string }
  | { to: "approval"; id: string; boardId: string };

/** One line of the timeline: plain words, whoever wrote them. */
export type Happening = {
  key: string;
  at: string;
  kind: TimelineKind;
  who: string;
  what: string;
  /** What was written or changed, a line each. */
  details: string[];
  goal?: Goal;
  /** Where it leads in words. */
  goalTitle?: string;
  /** Reports of the guard, those in a row as one. */
  report?: Report;
};

/** Everything that touched an incident, in order of time; as far as its entries are known, when that is not all. */
export function happenings(
  entries: Entry[],
  work: {
    comments?: { boardId: string; comment: Model<"Comment"> }[];
    approvals?: Model<"Approval">[];
    sessions?: Model<"LabSession">[];
  } = {},
  until?: string,
): Happening[] {
  const known = [
    ...entries.map(ofEntry),
    ...(work.comments ?? []).map(({ boardId, comment }) => ofComment(boardId, comment)),
    ...(work.approvals ?? []).flatMap(ofApproval),
    ...(work.sessions ?? []).flatMap(ofSession),
  ];
  const all = known.filter(({ at }) => until === undefined || Date.parse(at) <= Date.parse(until));
  all.sort((one, other) => Date.parse(one.at) - Date.parse(other.at) || one.key.localeCompare(other.key));
  return all.reduce(withReportsTogether, []);
}

/** A guard reports each second while a policy insists: what happened between two reports is seen, not each of them. */
function withReportsTogether(lines: Happening[], next: Happening): Happening[] {
  const last = lines.at(-1);
  if (last?.report === undefined || next.report === undefined) lines.push(next);
  else lines[lines.length - 1] = { ...last, ...ofReport(together(last.report, next.report)) };
  return lines;
}

function ofReport(report: Report): Pick<Happening, "what" | "details" | "report"> {
  return { what: reportWords(report), details: [report.reason].filter(isSaid), report };
}

function ofEntry(entry: Entry): Happening {
  const facts = entry.facts as Facts;
  const line = { key: `entry-${String(entry.id).padStart(12, "0")}`, at: entry.occurred_at, who: entry.actor };
  const subject = entry.subject ?? "";
  switch (entry.kind) {
    case "opened":
      return { ...line, kind: "happened", what: "Opened", details: [text(facts.title)].filter(isSaid) };
    case "recording":
      return {
        ...line,
        kind: "happened",
        what: "Recording",
        details: [text(facts.label), triggerWords(facts.trigger)].filter(isSaid),
        goal: { to: "recording", id: subject },
        goalTitle: subject,
      };
    case "risk_event":
      return { ...line, kind: "happened", ...riskWords(facts, entry.occurred_at) };
    case "alert":
    case "alert_over":
      return {
        ...line,
        kind: "happened",
        what: `Alert ${text(record(facts.labels).alertname)} ${entry.kind === "alert" ? "fires" : "is over"}`,
        details: alertWords(facts),
      };
    case "changed":
      return { ...line, kind: "people", what: "Changed", details: changeWords(facts) };
    case "note":
      return { ...line, kind: "people", what: "Note", details: [text(facts.body)].filter(isSaid) };
    case "task":
      return {
        ...line,
        kind: "work",
        what: "On a board",
        details: [],
        goal: { to: "task", id: subject, boardId: text(facts.board_id) },
        goalTitle: "the task",
      };
    case "lab_session":
      return {
        ...line,
        kind: "work",
        what: "Debug session",
        details: [[text(facts.repository), text(facts.commit_sha).slice(0, 12)].filter(isSaid).join(" at ")].filter(
          isSaid,
        ),
        goal: { to: "lab", id: subject },
        goalTitle: subject,
      };
    default:
      return { ...line, kind: "happened", what: entry.kind.replaceAll("_", " "), details: [subject].filter(isSaid) };
  }
}

function ofComment(boardId: string, comment: Model<"Comment">): Happening {
  return {
    key: `comment-${comment.id}`,
    at: comment.created_at,
    kind: "work",
    who: comment.made_by_name,
    what: comment.made_by_kind === "person" ? "Comment" : "Comment of an agent",
    details: [comment.body],
    goal: { to: "task", id: comment.task_id, boardId },
    goalTitle: "the task",
  };
}

function ofApproval(approval: Model<"Approval">): Happening[] {
  const goal = { to: "approval", id: approval.id, boardId: approval.board_id } as const;
  const asked: Happening = {
    key: `approval-${approval.id}-0`,
    at: approval.created_at,
    kind: "work",
    who: approval.requested_by_name,
    what: `Asks to be allowed ${approval.action_type}`,
    details: [approval.shown.reason],
    goal,
    goalTitle: "what is asked for",
  };
  const decided = approval.decisions.map(
    (one, place): Happening => ({
      key: `approval-${approval.id}-${place + 1}`,
      at: one.decided_at,
      kind: "people",
      who: one.decided_by_name,
      what: `${one.status === "approved" ? "Approved" : "Rejected"} ${approval.action_type}`,
      details: [one.note].filter(isSaid),
      goal,
      goalTitle: "what was shown",
    }),
  );
  return [asked, ...decided];
}

function ofSession(session: Model<"LabSession">): Happening[] {
  if (session.ended_at === null || session.ended_at === undefined) return [];
  return [
    {
      key: `session-${session.id}`,
      at: session.ended_at,
      kind: "work",
      who: session.created_by,
      what: `Debug session ended: ${outcome(session)}`,
      details: (session.summary?.tests?.failed ?? []).slice(0, 5),
      goal: { to: "lab", id: session.id },
      goalTitle: session.id,
    },
  ];
}

/** How a debug session came out, in words. */
export function outcome(session: Model<"LabSession">): string {
  const tests = session.summary?.tests;
  if (tests !== undefined && tests !== null && tests.tests > 0) {
    const bad = tests.failures + tests.errors;
    return bad === 0 ? `${plural(tests.tests, "test")} passed` : `${bad} of ${plural(tests.tests, "test")} failed`;
  }
  return session.reason ?? session.state.replaceAll("_", " ");
}

/** `/speed.data was 9.02, the rule fires at > 9`. */
export function triggerWords(trigger: unknown): string {
  const { topic, field, value, op, threshold, rule } = record(trigger);
  const where = [text(topic), text(field)].filter(isSaid).join(".");
  if (typeof value !== "number") return text(rule) === "" ? "" : `rule ${text(rule)}`;
  const limit = typeof threshold === "number" ? `, the rule fires at ${signOf(text(op))} ${figure(threshold)}` : "";
  return `${where || text(rule)} was ${figure(value)}${limit}`;
}

function riskWords(facts: Facts, at: string): Pick<Happening, "what" | "details" | "report"> {
  const report = reportOf(facts, at);
  if (report !== undefined) return ofReport(report);
  return { what: "Further reports of the guard are counted, not listed", details: [] };
}

function alertWords(facts: Facts): string[] {
  const { summary, description } = record(facts.annotations);
  const labels = Object.entries(record(facts.labels)).filter(([name]) => name !== "alertname");
  const named = labels.map(([name, value]) => `${name}=${text(value)}`).join(" ");
  return [text(summary), text(description), named].filter(isSaid);
}

function changeWords(facts: Facts): string[] {
  const changes = Object.entries(record(facts.changes)).map(([name, pair]) => {
    const [before, after] = Array.isArray(pair) ? pair : [null, pair];
    return `${name.replaceAll("_", " ")}: ${shown(before)} → ${shown(after)}`;
  });
  const reason = text(facts.reason);
  return reason === "" ? changes : [...changes, `because: ${reason}`];
}

function shown(value: unknown): string {
  return text(value).replaceAll("_", " ") || "none";
}
