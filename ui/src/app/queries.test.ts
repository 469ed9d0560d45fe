import { QueryObserver } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { ask } from "~/api/client";
import { whoAmI } from "~/api/session";
import { createQueries } from "./queries";

afterEach(() => vi.unstubAllGlobals());

function answering(status: number): void {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response("{}", { status })));
}

async function askedAgain(signedIn: unknown, status: number): Promise<number> {
  const queries = createQueries();
  const asked = vi.fn(() => Promise.resolve(null));
  queries.setQueryData<unknown>(whoAmI.queryKey, signedIn);
  const watching = new QueryObserver(queries, { ...whoAmI, queryFn: asked }).subscribe(() => undefined);
  answering(status);
  await queries.fetchQuery({ queryKey: ["boards"], queryFn: () => ask("/api/v1/boards") }).catch(() => undefined);
  await vi.waitFor(() => expect(queries.isFetching()).toBe(0));
  watching();
  return asked.mock.calls.length;
}

test("whoever is refused as nobody is asked who they are", async () => {
  expect(await askedAgain({ name: "Ada" }, 401)).toBe(1);
});

test("what is merely not allowed says nothing about the sign-in, nor does anything to whom nobody is signed in", async () => {
  expect(await askedAgain({ name: "Ada" }, 403)).toBe(0);
  expect(await askedAgain(null, 401)).toBe(0);
});
