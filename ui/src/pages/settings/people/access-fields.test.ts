import { expect, test } from "vitest";
import { type Access, granted, mayOf } from "./access-fields";
import { boardsOf } from "./members-page";

test("a board is granted, changed and taken away without touching the others", () => {
  const before: Access = {
    all_boards_read: false,
    all_boards_write: false,
    boards: [{ board_id: "a", can_write: true }],
  };
  const seen = granted(before, "b", "read");
  expect([mayOf(seen, "a"), mayOf(seen, "b"), mayOf(seen, "c")]).toEqual(["write", "read", "no"]);
  expect(mayOf(granted(seen, "b", "write"), "b")).toBe("write");
  expect(granted(seen, "b", "no").boards).toEqual(before.boards);
});

test("an owner changes every board whatever was given", () => {
  expect(boardsOf({ role: "owner", all_boards_read: false, all_boards_write: false })).toBe("changes all");
  expect(boardsOf({ role: "member", all_boards_read: true, all_boards_write: false })).toBe("sees all");
});
