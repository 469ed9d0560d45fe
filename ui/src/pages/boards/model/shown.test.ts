import { expect, test } from "vitest";
import { evidenceOf, linkOf } from "./shown";

test("a payload is taken apart into what can be drawn, and nothing of it is lost", () => {
  const patch = "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y";
  const found = evidenceOf({ patch, batch_id: "bat_1", recording_ids: ["flight_1", "flight_2"], threshold: 0.5 });
  expect(found).toEqual({
    diffs: [{ name: "patch", text: patch }],
    batchIds: ["bat_1"],
    recordingIds: ["flight_1", "flight_2"],
    rest: [["threshold", 0.5]],
  });
});

test("what only looks like ids is shown as it was sent", () => {
  const payload = { batch_id: "../../evil", recording_ids: ["ok", 7], session_id: [] };
  expect(evidenceOf(payload).rest).toEqual(Object.entries(payload));
});

test.each([
  ["https://ci.example/1", "https://ci.example/1"],
  ["/sessions/ses_1/artifacts/art_1", "/sessions/ses_1/artifacts/art_1"],
  ["javascript:alert(1)", null],
  ["data:text/html,x", null],
  ["//elsewhere.example", null],
  ["/\\elsewhere.example", null],
  ["not an address", null],
  [null, null],
])("%s leads to %s", (address, link) => expect(linkOf(address)).toBe(link));
