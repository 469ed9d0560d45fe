import { expect, test } from "vitest";
import { countChanges, diffLines, isDiff } from "./diff";

const DIFF = `diff --git a/watch.py b/watch.py
--- a/watch.py
+++ b/watch.py
@@ -1,3 +1,3 @@ def windows
 same
--- a line that began with two dashes
+++ a line that begins with two pluses
 same
\\ No newline at end of file`;

test("a diff is told from other text", () => {
  expect([isDiff(DIFF), isDiff("--- a\n+++ b"), isDiff("@@ -1 +1 @@"), isDiff("")]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test("every line has its kind, whatever it begins with within a hunk", () => {
  expect(diffLines(DIFF).map((line) => line.kind)).toEqual([
    "file",
    "file",
    "file",
    "place",
    "same",
    "removed",
    "added",
    "same",
    "same",
  ]);
});

test("changes are counted without the heads of files", () => {
  expect(countChanges(diffLines(`${DIFF}\n${DIFF}`))).toEqual({ added: 2, removed: 2 });
});

test("a text that is no diff loses nothing", () => {
  expect(diffLines("one\n-two").map((line) => line.text)).toEqual(["one", "-two"]);
});
