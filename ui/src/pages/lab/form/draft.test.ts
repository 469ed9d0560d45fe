import { expect, test } from "vitest";
import { asNewSession, EMPTY_DRAFT } from "./draft";

const draft = { ...EMPTY_DRAFT, repository: "brake" };

test("an empty draft asks for a repository and nothing else", () => {
  expect(asNewSession(EMPTY_DRAFT)).toEqual({ mistakes: { repository: "Choose the repository." } });
  expect(asNewSession(draft)).toMatchObject({ session: { repository: "brake", commands: [], network: "none" } });
});

test("each line is a command, and a pasted patch gets its last newline", () => {
  const written = asNewSession({ ...draft, commands: "make\n\npytest -q | tail\n", patch: "--- a\n+++ b" });
  expect(written).toMatchObject({
    session: {
      commands: [{ argv: ["make"] }, { argv: ["sh", "-c", "pytest -q | tail"] }],
      patch: "--- a\n+++ b\n",
    },
  });
});

test("what is wrong is said at its field", () => {
  const written = asNewSession({
    ...draft,
    commit: "main",
    ref: "dev",
    commands: "ok\necho 'a",
    environment: "A=1\n2=b",
    network: "allowlist",
  });
  expect("mistakes" in written && Object.keys(written.mistakes).sort()).toEqual([
    "allow",
    "commands",
    "commit",
    "environment",
    "ref",
  ]);
});

test("a session ends with its last command only where there is one", () => {
  expect(asNewSession({ ...draft, endWhenDone: true })).toMatchObject({ session: { end_when_done: false } });
  expect(asNewSession({ ...draft, endWhenDone: true, commands: "make", ttl_h: 2 })).toMatchObject({
    session: { end_when_done: true, ttl_s: 7_200 },
  });
});
