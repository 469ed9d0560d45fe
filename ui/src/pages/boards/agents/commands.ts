/** What is typed to begin as an agent. */
export function heartbeat(origin: string, token: string, name: string, boardId: string): string {
  return `export AGENT_TOKEN=${token}
curl -s -X POST ${origin}/api/v1/agent/heartbeat -H "X-Agent-Token: $AGENT_TOKEN" \\
  -H 'Content-Type: application/json' \\
  -d ${quoted(JSON.stringify({ name, board_id: boardId, status: "online" }))}`;
}

export function manifest(origin: string): string {
  return `curl -s ${origin}/api/v1/agent/manifest -H "X-Agent-Token: $AGENT_TOKEN"`;
}

/** For programs that start their tools themselves. */
export function tools(origin: string, token: string): string {
  const env = { PILOTHOUSE_URL: origin, PILOTHOUSE_TOKEN: token };
  return JSON.stringify({ mcpServers: { pilothouse: { command: "pilothouse", args: ["mcp"], env } } }, null, 2);
}

/** A word of a shell, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
