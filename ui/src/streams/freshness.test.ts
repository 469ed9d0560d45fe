import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { areasOf, Freshness } from "./freshness";

async function asked(queries: QueryClient, key: string[]): Promise<() => number> {
  let times = 0;
  await queries.fetchQuery({ queryKey: key, queryFn: async () => ++times });
  return () => (queries.getQueryState(key)?.isInvalidated ? 1 : 0);
}

test("kinds of events name what they make old", () => {
  expect(areasOf("approval.requested")).toContain("approvals");
  expect(areasOf("something.new")).toEqual(["something"]);
});

test("what was asked for before the stream began is asked for again, and nothing that no event tells of", async () => {
  const queries = new QueryClient();
  const incidents = await asked(queries, ["incidents", "list"]);
  const contents = await asked(queries, ["recording-contents", "ada_1"]);
  const freshness = new Freshness(queries);

  freshness.began();

  expect([incidents(), contents()]).toEqual([1, 0]);
  freshness.stop();
});
