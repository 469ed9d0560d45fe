import type { LabCommand } from "../queries";
import { hasEnded } from "../words";

/** The command the URL names, else the one that runs; of a session that failed the one that did, else the last. */
export function shownCommand(
  commands: readonly LabCommand[],
  named: string | undefined,
  hasFailed: boolean,
): LabCommand | undefined {
  return (
    commands.find((one) => one.id === named) ??
    commands.find((one) => one.state === "running") ??
    (hasFailed ? commands.find((one) => one.state === "failed" || one.state === "lost") : undefined) ??
    commands.findLast(hasEnded) ??
    commands.at(-1)
  );
}
