/** A boundary as the guard's Stackfile writes it: its kind and that kind's own keys. */
export type Config = { type: string } & Record<string, unknown>;
export type Boundary = Config & { name: string };

export type Change = { key: string; before: string | null; after: string | null };

export function configOf({ name: _, ...config }: Boundary): Config {
  return config as Config;
}

/** What would be different, key by key, in the order of the keys; nothing where nothing would. */
export function changesOf(before: Config | null, after: Config | null): Change[] {
  const keys = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  const changes: Change[] = [];
  for (const key of keys) {
    const change = { key, before: shown(before?.[key]), after: shown(after?.[key]) };
    if (change.before !== change.after) changes.push(change);
  }
  return changes;
}

/** A value as one types it. */
export function shown(value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

export type Draft = { key: string; text: string }[];

export function draftOf(config: Config): Draft {
  return Object.entries(config).map(([key, value]) => ({ key, text: shown(value) ?? "" }));
}

export type Read = { config: Config | null; problems: Record<number, string> };

const WORD = /^[A-Za-z_][\w./ :-]*$/;

/** The boundary that is typed, or what is wrong with which line. The guard itself checks what the values mean. */
export function readDraft(draft: Draft): Read {
  const problems: Record<number, string> = {};
  const config: Record<string, unknown> = {};
  for (const [line, { key, text }] of draft.entries()) {
    const value = typed(text);
    if (!/^[A-Za-z_]\w{0,99}$/.test(key)) problems[line] = "A key is a word: letters, digits and _";
    else if (key in config) problems[line] = "This key is there twice";
    else if (value === undefined) problems[line] = 'A number, a word, true, false, or JSON such as [1, 2] or "a text"';
    else if (key === "type" && typeof value !== "string") problems[line] = "The kind of boundary is a word";
    config[key] = value;
  }
  if (!("type" in config)) problems[-1] = "A boundary has a type";
  return { config: Object.keys(problems).length === 0 ? (config as Config) : null, problems };
}

/** JSON, or a bare word as itself; undefined for what is neither, and for numbers that are none. */
function typed(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  try {
    const value: unknown = JSON.parse(trimmed);
    return isSound(value) ? value : undefined;
  } catch {
    return WORD.test(trimmed) ? trimmed : undefined;
  }
}

// JSON reads 1e999 as infinity.
function isSound(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isSound);
  return typeof value !== "object" || value === null || Object.values(value).every(isSound);
}
