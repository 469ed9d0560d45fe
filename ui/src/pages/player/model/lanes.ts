import type { Model } from "~/api/client";
import { figure } from "~/format/numbers";
import { comparison, measuredBy } from "~/format/triggers";
import type { Facts } from "./facts";
import { asNs, secondsAfter } from "./times";

export type Tone = "danger" | "attention" | "accent" | "quiet" | "faint";
/** Something in a lane: a time, or a span when it has an end. */
export type Mark = { key: string; from: number; to: number | null; tone: Tone; title: string; annotation?: number };
export type Lane = { key: string; title: string; rows: Mark[][] };
type Gap = { topic: string; from: number; to: number };
type Known = {
  recording: Pick<Model<"Recording">, "trigger" | "label" | "drops">;
  startNs: bigint;
  durationS: number;
  facts: Facts | null;
  annotations: Model<"Annotation">[];
  gaps: Gap[];
};

/** A trigger in one line: what was measured against what. */
export function triggerText(trigger: Model<"TriggerFired">): string {
  const of = trigger.topic == null ? "" : measuredBy(trigger);
  const told = comparison(trigger);
  if (told === "") return of === "" ? trigger.rule : `${trigger.rule}: ${of}`;
  return `${trigger.rule}: ${of === "" ? "" : `${of} = `}${told}`;
}

export function triggerTime(trigger: Model<"TriggerFired"> | null | undefined, startNs: bigint): number | null {
  return trigger == null ? null : secondsAfter(startNs, asNs(trigger.fired_at_ns));
}

/** Everything that is known of a recording beside its messages; lanes without anything are left out. */
export function lanesOf(known: Known): Lane[] {
  const lanes: Lane[] = [
    { key: "trigger", title: "Trigger", rows: packed(triggers(known)) },
    { key: "roll", title: "Capture", rows: packed(rolls(known)) },
    { key: "drops", title: "Drops", rows: packed(drops(known)) },
    { key: "annotations", title: "Notes", rows: packed(notes(known.annotations)) },
  ];
  return lanes.filter((lane) => lane.rows.length > 0);
}

function triggers({ recording, startNs, facts }: Known): Mark[] {
  const marks: Mark[] = [];
  const at = triggerTime(recording.trigger, startNs);
  if (recording.trigger != null && at !== null) {
    marks.push({ key: "trigger", from: at, to: null, tone: "danger", title: triggerText(recording.trigger) });
  }
  for (const [number, merged] of (facts?.merged ?? []).entries()) {
    const from = secondsAfter(startNs, merged.firedAtNs);
    marks.push({
      key: `merged-${number}`,
      from,
      to: null,
      tone: "attention",
      title: `${merged.rule}: ${merged.label}`,
    });
  }
  return marks;
}

function rolls({ recording, startNs, durationS, facts }: Known): Mark[] {
  const at = triggerTime(recording.trigger, startNs);
  if (at === null || at < 0 || at > durationS) return [];
  const before = Math.max(0, at - (facts?.preS ?? at));
  const after = Math.min(durationS, at + (facts?.postS ?? durationS - at));
  const marks: Mark[] = [];
  if (at > before) {
    const title = `Pre-roll: ${figure(at - before)} s before the trigger`;
    marks.push({ key: "pre", from: before, to: at, tone: "faint", title });
  }
  if (after > at) {
    const title = `Post-roll: ${figure(after - at)} s after the trigger`;
    marks.push({ key: "post", from: at, to: after, tone: "quiet", title });
  }
  return marks;
}

/** Where messages are missing; for topics of which only the number is known, all of the time. */
function drops({ recording, durationS, gaps }: Known): Mark[] {
  return Object.entries(recording.drops ?? {}).flatMap(([topic, lost]): Mark[] => {
    const title = `${topic}: ${lost} lost`;
    const found = gaps.filter((gap) => gap.topic === topic);
    if (found.length === 0) {
      return [{ key: topic, from: 0, to: durationS, tone: "attention", title: `${title}, no telling when` }];
    }
    return found.map((gap, number) => ({
      key: `${topic}-${number}`,
      from: gap.from,
      to: gap.to,
      tone: "attention",
      title: `${title} in all; ${figure(gap.to - gap.from)} s without any here`,
    }));
  });
}

function notes(annotations: Model<"Annotation">[]): Mark[] {
  return annotations.map((one) => ({
    key: `note-${one.id}`,
    from: one.time_ns / 1e9,
    to: one.end_time_ns == null ? null : one.end_time_ns / 1e9,
    tone: "accent",
    title: one.author ? `${one.author}: ${one.body}` : one.body,
    annotation: one.id,
  }));
}

// More rows than this make a lane that hides what is below it: what does not fit shares the last row.
const MOST_ROWS = 4;

/** Puts what overlaps into rows below each other, as few as can be. */
export function packed(marks: Mark[]): Mark[][] {
  const rows: { end: number; marks: Mark[] }[] = [];
  for (const mark of [...marks].sort((one, other) => one.from - other.from)) {
    const end = mark.to ?? mark.from;
    const free = rows.find((row) => row.end <= mark.from && !(mark.to === null && row.end === mark.from));
    const row = free ?? (rows.length < MOST_ROWS ? undefined : rows[MOST_ROWS - 1]);
    if (row === undefined) rows.push({ end, marks: [mark] });
    else {
      row.marks.push(mark);
      row.end = Math.max(row.end, end);
    }
  }
  return rows.map((row) => row.marks);
}

// A longer silence than this many of a topic's usual steps is a gap.
const GAP_FACTOR = 3;

/** Where a topic is silent for much longer than it usually is. */
export function gapsIn(topic: string, times: number[]): Gap[] {
  const steps = times.slice(1).map((at, index) => at - (times[index] ?? at));
  const usual = [...steps].sort((one, other) => one - other)[Math.floor(steps.length / 2)];
  if (usual === undefined || usual <= 0) return [];
  return steps.flatMap((step, index) =>
    step > GAP_FACTOR * usual ? [{ topic, from: times[index] ?? 0, to: times[index + 1] ?? 0 }] : [],
  );
}
