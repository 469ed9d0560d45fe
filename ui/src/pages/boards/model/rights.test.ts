import { expect, test } from "vitest";
import { isMine, toDecide, toWrite } from "./rights";

const now = new Date("2026-03-02T12:00:00Z");
const mara = { user_id: "mara" };
const board = { can_write: true, allow_deciding_own_requests: false };
const asked = {
  status: "pending" as const,
  expires_at: "2026-03-03T12:00:00Z",
  requested_by_kind: "worker" as const,
  requested_by_id: "agt_1",
  void_reason: null,
};
const own = { ...asked, requested_by_kind: "person" as const, requested_by_id: "mara" };

test("what an agent asked for a person may decide", () => expect(toDecide(asked, board, mara, now)).toBeNull());

test("nobody decides what they asked for, unless the board lets them", () => {
  expect(toDecide(own, board, mara, now)).toContain("yourself");
  expect(toDecide(own, { ...board, allow_deciding_own_requests: true }, mara, now)).toBeNull();
});

test("an agent with somebody's id is not that person", () =>
  expect(isMine({ kind: "worker", id: "mara" }, mara)).toBe(false));

test.each([
  [{ status: "approved" as const }, "approved already"],
  [{ status: "voided" as const, void_reason: "the task changed" }, "void: the task changed"],
  [{ status: "expired" as const }, "expired"],
  [{ expires_at: "2026-03-02T12:00:00Z" }, "expired"],
])("%j is not for deciding any more", (given, said) =>
  expect(toDecide({ ...asked, ...given }, board, mara, now)).toContain(said),
);

test("who only looks is told whom to ask", () => {
  expect(toDecide(asked, { ...board, can_write: false }, mara, now)).toContain("ask an admin");
  expect(toWrite({ can_write: true }, null)).toContain("Sign in");
});
