// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { frameOf, LogFeed } from "./log-feed";

class FakeSocket {
  static readonly CONNECTING = 0;
  static made: FakeSocket[] = [];
  readyState = 1;
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: (event: { code: number }) => void;
  constructor(readonly address: string) {
    FakeSocket.made.push(this);
  }
  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  close(): void {
    this.onclose?.({ code: 1000 });
  }
}

beforeEach(() => {
  FakeSocket.made = [];
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const made = (number: number): FakeSocket => FakeSocket.made[number] as FakeSocket;

test("a connection that is lost is taken up again where it was left", () => {
  const feed = new LogFeed((offset) => `ws://hub/logs?from=${offset}`);
  const leave = feed.subscribe(() => undefined);
  expect(made(0).address).toBe("ws://hub/logs?from=0");
  made(0).onopen?.();
  made(0).say({ command_id: "c", offset: 0, stream: "stdout", text: "grün\n", timestamp: "2026-01-01T00:00:00Z" });
  made(0).onclose?.({ code: 1006 });
  expect(feed.state).toBe("lost");
  vi.advanceTimersByTime(1_000);
  expect(made(1).address).toBe("ws://hub/logs?from=6");
  leave();
});

test("the end of a command is said, and nothing is asked for afterwards", () => {
  const feed = new LogFeed((offset) => `ws://hub/?from=${offset}`);
  const leave = feed.subscribe(() => undefined);
  made(0).onopen?.();
  made(0).say({ command_id: "c", sequence: 1, offset: 0, exit_code: 3, termination_reason: "exit", reason: null });
  expect(feed.state).toBe("ended");
  expect(feed.end).toEqual({ exitCode: 3, termination: "exit", reason: null });
  vi.advanceTimersByTime(60_000);
  expect(FakeSocket.made).toHaveLength(1);
  leave();
});

test("whoever may not watch is not asked again and again", () => {
  const feed = new LogFeed(() => "ws://hub/");
  const leave = feed.subscribe(() => undefined);
  made(0).onclose?.({ code: 1008 });
  vi.advanceTimersByTime(60_000);
  expect(feed.state).toBe("refused");
  expect(FakeSocket.made).toHaveLength(1);
  leave();
});

test("a connection that says nothing at all is given up", () => {
  const feed = new LogFeed(() => "ws://hub/");
  const leave = feed.subscribe(() => undefined);
  made(0).onopen?.();
  vi.advanceTimersByTime(46_000);
  expect(FakeSocket.made.length).toBeGreaterThan(1);
  leave();
});

test("bytes that are no text come as they are", () => {
  expect(frameOf({ offset: 4, stream: "stderr", base64: "/wA=" })?.bytes).toEqual(new Uint8Array([255, 0]));
  expect(frameOf({ heartbeat: "2026-01-01T00:00:00Z" })).toBeNull();
});
