import createClient from "openapi-fetch";
import { asProblem, problemOf, unreachable } from "./problem";
import type { components, paths } from "./schema";

/** A model of the API by its name in `openapi.json`. */
export type Model<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** `api.GET("/api/v1/incidents", { params: { query: { limit: 50 } } })`, typed by `openapi.json`. */
export const api = createClient<paths>({
  baseUrl: typeof window === "undefined" ? "" : window.location.origin,
  credentials: "same-origin",
  fetch: async (request) => {
    try {
      return await fetch(request);
    } catch (error) {
      if (request.signal.aborted) throw error;
      throw unreachable();
    }
  },
});

type Answered<Data> = { data?: Data; error?: unknown; response: Response };

/** The data of an answer, or the `Problem` thrown that it was. */
export async function answered<Data>(asking: Promise<Answered<Data>>): Promise<Data> {
  const { data, error, response } = await asking;
  if (response.ok) return data as Data;
  throw problemOf(response, error);
}

/** Asks without the typed client: what is not JSON, or has a path made elsewhere. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw unreachable();
  }
  if (response.ok) return response;
  throw problemOf(response, await response.json().catch(() => null));
}

export { asProblem };
