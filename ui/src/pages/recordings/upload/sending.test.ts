import { expect, test } from "vitest";
import { Problem, unreachable } from "~/api/problem";
import { Sending } from "./sending";

const WHERE = "/api/uploads/u1";
const SIZE = (4 << 20) * 2 + 10;

/** A hub that keeps what it is sent; each of `troubles` happens once, to the request whose turn it is. */
function hub(troubles: Record<number, () => never>) {
  let kept = 0;
  const requests: string[] = [];
  const asked = async (path: string, init: RequestInit): Promise<Response> => {
    const trouble = troubles[requests.length];
    requests.push(`${init.method} ${path}`);
    const answer = () => new Response(null, { headers: { "Upload-Offset": String(kept), Location: WHERE } });
    if (init.method === "PATCH") {
      const offset = Number((init.headers as Record<string, string>)["Upload-Offset"]);
      if (offset !== kept) throw new Problem(409, "offset_mismatch", "Another offset.", null);
      kept += (init.body as Blob).size;
    }
    trouble?.();
    return answer();
  };
  return { asked, requests, kept: () => kept };
}

const lose = () => {
  throw unreachable();
};
const noPause = () => Promise.resolve();
const file = new Blob([new Uint8Array(SIZE)]);

test("a file goes in pieces", async () => {
  const { asked, requests, kept } = hub({});
  const sending = new Sending(new AbortController().signal, asked, noPause);
  const told: number[] = [];
  const { where, sent } = await sending.begin("ada_1", "00", SIZE);
  await sending.send(file, where, sent, (progress) => told.push(progress.sent));
  expect(kept()).toBe(SIZE);
  expect(told).toEqual([0, 4 << 20, 8 << 20, SIZE]);
  expect(requests[0]).toBe("POST /api/uploads");
});

test("when an answer is lost the hub is asked how far it is, and nothing goes twice", async () => {
  const { asked, requests, kept } = hub({ 0: lose, 2: lose, 3: lose });
  const sending = new Sending(new AbortController().signal, asked, noPause);
  const waited: string[] = [];
  const { where, sent } = await sending.begin("ada_1", "00", SIZE);
  await sending.send(file, where, sent, ({ waiting }) => waiting === undefined || waited.push(waiting));
  expect(kept()).toBe(SIZE);
  expect(requests).toContain(`HEAD ${WHERE}`);
  expect(waited).toEqual(["the hub cannot be reached", "the hub cannot be reached"]);
});

test("what the hub refuses is not tried again", async () => {
  const refuse = () => {
    throw new Problem(409, "content_differs", "Other content has this name.", "req_1");
  };
  const { asked, requests } = hub({ 0: refuse });
  const sending = new Sending(new AbortController().signal, asked, noPause);
  await expect(sending.begin("ada_1", "00", SIZE)).rejects.toMatchObject({ code: "content_differs" });
  expect(requests).toHaveLength(1);
});

test("what somebody stops is stopped, also while it waits for the hub", async () => {
  const ending = new AbortController();
  const { asked } = hub({ 0: lose });
  const sending = new Sending(ending.signal, asked, async () => ending.abort(new Error("stopped")));
  await expect(sending.begin("ada_1", "00", SIZE)).rejects.toThrow("stopped");
});
