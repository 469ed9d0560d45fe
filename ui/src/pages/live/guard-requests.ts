import { answered, api } from "~/api/client";
import { Problem } from "~/api/problem";
import type { LoopStatus } from "./feed/messages";

export type Command = "start" | "pause" | "resume" | "stop" | "reset";

type Asked = {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  if_match?: number;
  timeout_s?: number;
};

/** Asks the guard of a robot over its relay; throws what the hub, the relay or the guard refuses, in their own words. */
export async function askGuard<Body>(robotId: string, asked: Asked, signal?: AbortSignal): Promise<Body> {
  const answer = await answered(
    api.POST("/api/v1/robots/{robot_id}/live/requests", {
      params: { path: { robot_id: robotId } },
      body: { timeout_s: 20, ...asked },
      signal,
    }),
  );
  if (answer.status >= 200 && answer.status < 300) return answer.body as Body;
  throw refusal(answer);
}

export function command(robotId: string, what: Command, query: Record<string, string> = {}): Promise<LoopStatus> {
  return askGuard<LoopStatus>(robotId, { method: "POST", path: `/api/control/${what}`, query });
}

export function refusal(answer: { status: number; body?: unknown; detail?: string }): Problem {
  const said = (typeof answer.body === "object" && answer.body !== null ? answer.body : {}) as Record<string, unknown>;
  const detail = said.detail ?? answer.detail;
  const code = typeof said.code === "string" ? said.code : answer.status === 0 ? "guard_unreachable" : "guard_refused";
  const requestId = typeof said.request_id === "string" ? said.request_id : null;
  // Status 0 would read as "this browser is offline": it is the robot that could not ask its guard.
  return new Problem(
    answer.status || 502,
    code,
    sentence(detail) || "The guard did not say why.",
    requestId,
    answer.body,
  );
}

function sentence(detail: unknown): string {
  if (!Array.isArray(detail)) return typeof detail === "string" ? detail : "";
  return detail
    .map((one: { loc?: unknown[]; msg?: unknown }) => `${(one.loc ?? []).slice(1).join(".")}: ${String(one.msg)}`)
    .join("; ");
}
