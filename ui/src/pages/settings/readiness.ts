export type CheckResult = { name: string; said: string; works: boolean };
export type Readiness = { isReady: boolean; checks: CheckResult[] };

/** What `/readyz` said, check by check. It names what is wrong in `detail`, as `name: words`. */
export function readinessOf(body: unknown): Readiness {
  const said = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const isReady = said.ok === true;
  const detail = typeof said.detail === "string" ? said.detail : "";
  const checks = Object.entries((said.checks ?? {}) as Record<string, unknown>).map(([name, words]) => ({
    name,
    said: String(words),
    works: isReady || !detail.includes(`${name}: ${String(words)}`),
  }));
  return { isReady, checks };
}
