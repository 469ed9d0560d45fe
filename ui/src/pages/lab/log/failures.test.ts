import { expect, test } from "vitest";
import { saysFailure } from "./failures";

test.each([
  "FAILED test_brake.py::test_the_last_window - assert 9.4 <= 9.0",
  "E       AssertionError: it did not stop",
  "Traceback (most recent call last):",
  "ValueError: no such robot",
  "main.c:3:5: error: expected ';'",
  "error[E0308]: mismatched types",
  "thread 'main' panicked at src/main.rs:2:5",
  "fatal: not a git repository",
  "not ok 3 - stops",
  "--- FAIL: TestStop (0.00s)",
  "make: *** [Makefile:2: test] Error 1",
])("a line that says failure: %s", (line) => {
  expect(saysFailure(line)).toBe(true);
});

test.each([
  "12 passed, 0 failed",
  "Found 0 errors in 3 files",
  "no errors",
  "terror: a film",
  "handle_error was called",
  "ok 3 - fails gracefully",
])("a line that says none: %s", (line) => {
  expect(saysFailure(line)).toBe(false);
});
