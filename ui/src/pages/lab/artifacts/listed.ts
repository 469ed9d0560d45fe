import { commandLine } from "../form/command-line";
import type { LabArtifact, LabCommand } from "../queries";

/** Without what was kept again as it was: a file that one command wrote is still there when the next has ended. */
export function distinct(items: readonly LabArtifact[]): LabArtifact[] {
  const seen = new Set<string>();
  return items.filter(({ path, sha256 }) => {
    const key = `${sha256} ${path}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** The artifact that the URL names, else a report, which is what one came for; the latest of several. */
export function shownOf(items: readonly LabArtifact[], id: string | undefined): LabArtifact | undefined {
  return items.find((one) => one.id === id) ?? distinct(items).findLast((one) => /\.xml$/i.test(one.path)) ?? items[0];
}

/** `after pytest -x`, or how else it came here. */
export function cameBy({ command_id }: LabArtifact, commands: readonly LabCommand[]): string {
  if (command_id === null || command_id === undefined) return "added by hand";
  const command = commands.find((one) => one.id === command_id);
  return command === undefined ? "" : `after ${commandLine(command.argv)}`;
}
