import { expect, test } from "vitest";
import { isMine, toDecide, toWrite } from "./rights";

const mara = { user_id: "mara" };
const board = { can_write: true, allow_deciding_own_requests: false };
const asked = {
  status: "pending" as const,
  requested_by_kind: "worker" as const,
  requested_by_id: "agt_1",
  void_reason: null,
};
const own = { ...asked, requested_by_kind: "person" as const, requested_by_id: "mara" };

test("what an agent asked for a person may decide", () => expect(toDecide(asked, board, mara)).toBeNull());

test("nobody decides what they asked for, unless the board lets them", () => {
  expect(toDecide(own, board, mara)).toContain("yourself");
  expect(toDecide(own, { ...board, allow_deciding_own_requests: true }, mara)).toBeNull();
});

test("an agent with somebody's id is not that person", () =>
  expect(isMine({ kind: "worker", id: "mara" }, mara)).toBe(false));

test.each([
  [{ status: "approved" as const }, "approved already"],
  [{ status: "voided" as const, void_reason: "the task changed" }, "void: the task changed"],
  [{ status: "expired" as const }, "expired"],
])("%j is not for deciding any more", (given, said) =>
  expect(toDecide({ ...asked, ...given }, board, mara)).toContain(said),
);

test("who only looks is told whom to ask", () => {
  expect(toDecide(asked, { ...board, can_write: false }, mara)).toContain("ask an admin");
  expect(toWrite({ can_write: true }, null)).toContain("Sign in");
});
