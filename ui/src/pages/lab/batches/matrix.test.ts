import { expect, test } from "vitest";
import type { Model } from "~/api/client";
import { cellWords, matrixOf, place, verdictOf } from "./matrix";

function cell(more: Partial<Model<"LabBatchCell">>): Model<"LabBatchCell"> {
  return { session_id: "s", commit_sha: null, recording: null, state: "completed", ...more } as Model<"LabBatchCell">;
}

test("cells stand where their recording and commit cross, in the order asked for", () => {
  const cells = [
    cell({ recording: "b", commit_sha: "2" }),
    cell({ recording: "b", commit_sha: "1" }),
    cell({ recording: "a", commit_sha: "2" }),
  ];
  const matrix = matrixOf(cells);
  expect(matrix.recordings).toEqual(["b", "a"]);
  expect(matrix.commits).toEqual(["2", "1"]);
  expect(matrix.cells.get(place("a", "2"))).toBe(cells[2]);
  expect(matrix.cells.get(place("a", "1"))).toBeUndefined();
});

test("a session went well when it is completed and every command ended with 0", () => {
  expect(verdictOf(cell({ exit_codes: [0, 0] }))).toBe("well");
  expect(verdictOf(cell({ exit_codes: [0, 1] }))).toBe("failed");
  expect(verdictOf(cell({ state: "failed", exit_codes: [] }))).toBe("failed");
  expect(verdictOf(cell({ state: "active", exit_codes: [null] }))).toBe("going");
});

test("a cell says what matters most", () => {
  expect(cellWords(cell({ exit_codes: [3] }))).toBe("exit 3");
  expect(cellWords(cell({ exit_codes: [null], termination_reasons: ["idle_timeout"] }))).toBe("idle timeout");
  expect(cellWords(cell({ state: "failed", exit_codes: [] }))).toBe("failed");
  const tests = { tests: 30, failures: 1, errors: 1, skipped: 0, time_s: 1 };
  expect(cellWords(cell({ exit_codes: [1], summary: { tests } }))).toBe("2 of 30 tests failed");
});
