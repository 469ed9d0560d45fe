export type DiffKind = "added" | "removed" | "place" | "file" | "same";
export type DiffLine = { kind: DiffKind; text: string };

const HEADS = ["diff ", "index ", "--- ", "+++ ", "new file", "deleted file", "rename ", "similarity ", "Binary "];

/** Whether a text is a unified diff, as git and diff -u make it. */
export function isDiff(text: string): boolean {
  return /^@@ -\d+(,\d+)? \+\d+(,\d+)? @@/m.test(text) && /^--- /m.test(text);
}

export function diffLines(text: string): DiffLine[] {
  let left = 0;
  return text.split(/\r?\n/).map((line) => {
    const place = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (place !== null) {
      left = Number(place[1] ?? 1) + Number(place[2] ?? 1);
      return { kind: "place", text: line };
    }
    // Within a hunk a line that begins with `--- ` is one that was removed, and no head of a file.
    if (left <= 0 && HEADS.some((head) => line.startsWith(head))) return { kind: "file", text: line };
    const kind = line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : "same";
    if (!line.startsWith("\\")) left -= kind === "same" ? 2 : 1;
    return { kind, text: line };
  });
}

export function countChanges(lines: readonly DiffLine[]): { added: number; removed: number } {
  const count = (kind: DiffKind) => lines.filter((line) => line.kind === kind).length;
  return { added: count("added"), removed: count("removed") };
}
