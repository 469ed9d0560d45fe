import type { SocketState } from "./feed/live-feed";
import type { LiveState } from "./feed/live-state";

export type Link = "connecting" | "lost" | "refused" | "waiting" | "gone" | "trouble" | "quiet" | "stuck" | "live";

// Longer than any cycle and the way of one; shorter than somebody would believe in an old picture.
export const OLD_MS = 2_000;

/** What is to be said about the way from the guard to here, the worst first. */
export function linkOf(
  socket: SocketState,
  state: Pick<LiveState, "relay" | "status" | "cycleHeardMs" | "heardMs">,
  nowMs: number,
): Link {
  if (socket !== "open") return socket === "connecting" ? "connecting" : socket;
  if (state.relay !== "connected") return state.relay;
  if (nowMs - state.cycleHeardMs <= OLD_MS) return "live";
  return state.status?.state === "running" || nowMs - state.heardMs > 2 * OLD_MS ? "stuck" : "quiet";
}
