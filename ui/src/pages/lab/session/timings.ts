import { figure } from "~/format/numbers";

export type Step = { name: string; seconds: number | null; note: string };

const NAMES: Record<string, string> = {
  checkout: "writing the files",
  patch: "applying the patch",
  total: "the checkout in all",
  setup: "setting it up",
};

const WARMTH: Record<string, string> = {
  cold: "every file was written",
  moved: "the difference to another commit was written",
  warm: "the commit was there already",
};

/** What preparing a session took, step by step; whatever a worker tells is shown. */
export function stepsOf(timings: Record<string, unknown> | undefined): Step[] {
  const steps: Step[] = [];
  for (const [key, value] of Object.entries(timings ?? {})) {
    if (typeof value !== "number" || !key.endsWith("_s")) continue;
    const name = key.slice(0, -2);
    steps.push({ name: NAMES[name] ?? name.replaceAll("_", " "), seconds: value, note: noteOf(name, timings ?? {}) });
  }
  return steps;
}

/** How long it took: `2.04 s`, or that it was over at once. */
export function taken(seconds: number | null): string {
  if (seconds === null) return "";
  return seconds < 0.001 ? "under 1 ms" : `${figure(seconds, 3)} s`;
}

function noteOf(step: string, { warmth, setup_cached: cached }: Record<string, unknown>): string {
  if (step === "total" && typeof warmth === "string") return WARMTH[warmth] ?? warmth;
  return step === "setup" && cached === true ? "made before, and used again" : "";
}
