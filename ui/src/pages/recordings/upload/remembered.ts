/** Uploads that were not at their end when the page was left: the files are gone from it, what is known of them is not. */
export type Remembered = {
  name: string;
  size: number;
  modified: number;
  sessionId: string;
  sha256: string;
  where: string;
};

const KEY = "pilothouse:uploads";
const MOST = 100;
type Store = Pick<Storage, "getItem" | "setItem">;

export function remembered(store: Store = localStorage): Remembered[] {
  try {
    const found: unknown = JSON.parse(store.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter(isRemembered) : [];
  } catch {
    return [];
  }
}

export function remember(one: Remembered, store: Store = localStorage): void {
  write([one, ...remembered(store).filter((other) => !isSame(one, other))].slice(0, MOST), store);
}

export function forget(one: Pick<Remembered, "where">, store: Store = localStorage): void {
  write(
    remembered(store).filter((other) => other.where !== one.where),
    store,
  );
}

/** What is known of a file that somebody chose again; one that was changed since is another one. */
export function recall(file: Pick<File, "name" | "size" | "lastModified">, store: Store = localStorage) {
  return remembered(store).find(
    (one) => one.name === file.name && one.size === file.size && one.modified === file.lastModified,
  );
}

function isSame(one: Remembered, other: Remembered): boolean {
  return one.where === other.where || (one.name === other.name && one.size === other.size);
}

function write(all: Remembered[], store: Store): void {
  try {
    store.setItem(KEY, JSON.stringify(all));
  } catch {
    // A browser that keeps nothing still delivers; only the way back after a reload is longer.
  }
}

function isRemembered(value: unknown): value is Remembered {
  if (typeof value !== "object" || value === null) return false;
  const { name, size, modified, sessionId, sha256, where } = value as Record<string, unknown>;
  return (
    [name, sessionId, sha256].every((one) => typeof one === "string") &&
    [size, modified].every((one) => typeof one === "number") &&
    typeof where === "string" &&
    /^\/api\/uploads\/[^/]+$/.test(where)
  );
}
