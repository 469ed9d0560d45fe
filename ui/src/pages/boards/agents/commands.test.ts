import { expect, test } from "vitest";
import { posting } from "../webhooks/examples";
import { heartbeat, quoted, tools } from "./commands";

test("a name with quotes stays one word of the shell", () => {
  expect(quoted("it's")).toBe(`'it'\\''s'`);
  expect(heartbeat("http://hub", "agent_1.x", "O'Neil", "brd_1")).toContain(`"name":"O'\\''Neil"`);
});

test("the configuration for tools is JSON with the token", () => {
  expect(JSON.parse(tools("http://hub", "agent_1.x")).mcpServers.pilothouse.env.PILOTHOUSE_TOKEN).toBe("agent_1.x");
});

test("a webhook is tried with a signature where it asks for one", () => {
  expect(posting("http://hub/w", "s3cret")).toContain("X-Hub-Signature-256");
  expect(posting("http://hub/w", null)).not.toContain("Signature");
});
