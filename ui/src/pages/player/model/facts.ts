/** What a capture says about itself in its `pilothouse` metadata record; as far as it can be read. */
export type Facts = {
  preS: number | null;
  postS: number | null;
  drops: Record<string, number>;
  thinned: Record<string, number>;
  /** Other rules that fired within the window of this capture, and when. */
  merged: { rule: string; label: string; firedAtNs: bigint }[];
  software: Record<string, string>;
};

export const FACTS_RECORD = "pilothouse";

export function factsOf(record: ReadonlyMap<string, string>): Facts {
  return {
    preS: seconds(record.get("pre_s")),
    postS: seconds(record.get("post_s")),
    drops: counts(record.get("drops")),
    thinned: counts(record.get("thinned")),
    merged: mergedOf(record.get("merged")),
    software: texts(record.get("software")),
  };
}

function seconds(text: string | undefined): number | null {
  const read = text === undefined || text === "" ? Number.NaN : Number(text);
  return Number.isFinite(read) && read >= 0 ? read : null;
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function entries(text: string | undefined): [string, unknown][] {
  const read = parsed(text);
  return typeof read === "object" && read !== null && !Array.isArray(read) ? Object.entries(read) : [];
}

function counts(text: string | undefined): Record<string, number> {
  const found = entries(text).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number" && entry[1] > 0,
  );
  return Object.fromEntries(found);
}

function texts(text: string | undefined): Record<string, string> {
  return Object.fromEntries(entries(text).map(([key, value]) => [key, String(value)]));
}

function mergedOf(text: string | undefined): Facts["merged"] {
  const read = parsed(text);
  if (!Array.isArray(read)) return [];
  return read.flatMap((one: { label?: unknown; trigger?: { rule?: unknown; fired_at_ns?: unknown } | null }) => {
    const firedAt = one?.trigger?.fired_at_ns;
    if (typeof firedAt !== "number") return [];
    const rule = String(one.trigger?.rule ?? "trigger");
    return [{ rule, label: String(one.label ?? rule), firedAtNs: BigInt(Math.round(firedAt)) }];
  });
}
