/** What a service answers when it refuses or fails: a sentence, a stable code and the request it belongs to. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly requestId: string | null,
    readonly body: unknown = null,
  ) {
    super(detail);
    this.name = "Problem";
  }

  /** The hub could not be asked at all: no network, or no hub. */
  get isOffline(): boolean {
    return this.status === 0;
  }
}

export function problemOf(response: Response, body: unknown): Problem {
  const said = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const requestId = text(said.request_id) ?? response.headers.get("x-request-id");
  return new Problem(
    response.status,
    text(said.code) ?? `http_${response.status}`,
    detailOf(said.detail) ?? `The hub answered ${response.status} ${response.statusText}.`.trim(),
    requestId,
    body,
  );
}

/** Said of a request that never reached the hub. */
export function unreachable(): Problem {
  return new Problem(0, "unreachable", "The hub cannot be reached. Check the network, and that the hub runs.", null);
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError && /fetch|network|load/i.test(error.message)) return unreachable();
  return new Problem(-1, "unexpected", error instanceof Error ? error.message : String(error), null);
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

// A 422 lists what is wrong with which field.
function detailOf(detail: unknown): string | null {
  if (!Array.isArray(detail)) return text(detail);
  const sentences = detail.map((one: { loc?: unknown[]; msg?: unknown }) => {
    const where = (one.loc ?? []).filter((part) => part !== "body" && part !== "query").join(".");
    return where === "" ? String(one.msg) : `${where}: ${String(one.msg)}`;
  });
  return sentences.length === 0 ? null : sentences.join("; ");
}
