/** What was used last, up to a number of bytes; the oldest goes first. */
export class BoundedCache<Key, Value> {
  private readonly kept = new Map<Key, { value: Value; size: number }>();
  private total = 0;

  constructor(private readonly mostBytes: number) {}

  get bytes(): number {
    return this.total;
  }

  get(key: Key): Value | undefined {
    const found = this.kept.get(key);
    if (found === undefined) return undefined;
    this.kept.delete(key);
    this.kept.set(key, found);
    return found.value;
  }

  /** Keeps a value, unless it alone is more than the cache may hold. */
  set(key: Key, value: Value, size: number): void {
    this.delete(key);
    if (size > this.mostBytes) return;
    this.kept.set(key, { value, size });
    this.total += size;
    for (const oldest of this.kept.keys()) {
      if (this.total <= this.mostBytes) break;
      this.delete(oldest);
    }
  }

  delete(key: Key): void {
    this.total -= this.kept.get(key)?.size ?? 0;
    this.kept.delete(key);
  }
}
