import { asProblem } from "~/api/client";
import { digestOf } from "./digest";
import { forget, type Remembered, recall, remember, remembered } from "./remembered";
import { giveUp, howFar, Sending } from "./sending";

/** One file on its way. `left` is one that an earlier page has begun: its file has to be chosen again. */
export type Upload = {
  key: number;
  name: string;
  size: number;
  state: "waiting" | "checking" | "sending" | "done" | "failed" | "left" | "stopped";
  sessionId: string;
  share: number;
  /** Bytes a second, as far as that is known. */
  pace?: number;
  words?: string;
  code?: string;
};

type Work = { file: File; ending: AbortController; where?: string };

/** Every file that is delivered from this page, one after the other. It goes on while other pages are looked at. */
class Uploads {
  private list: Upload[] = [];
  private readonly works = new Map<number, Work>();
  private readonly listeners = new Set<() => void>();
  private nextKey = 1;
  private isBusy = false;

  constructor() {
    for (const one of remembered()) void this.showLeft(one);
    window.addEventListener("beforeunload", (event) => {
      if (this.isBusy) event.preventDefault();
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): Upload[] => this.list;

  add(files: Iterable<File>, sessionId?: string): void {
    for (const file of files) {
      const known = recall(file);
      this.list = this.list.filter(
        (one) => !(one.state === "left" && one.name === file.name && one.size === file.size),
      );
      const key = this.nextKey++;
      const one: Upload = {
        key,
        name: file.name,
        size: file.size,
        state: "waiting",
        sessionId: sessionId ?? known?.sessionId ?? idOf(file.name),
        share: 0,
      };
      this.works.set(key, { file, ending: new AbortController() });
      this.list = [...this.list, one];
    }
    this.tell();
    void this.run();
  }

  /** The same file again: after a refusal, under another name. */
  again(key: number, sessionId?: string): void {
    const work = this.works.get(key);
    const one = this.list.find((other) => other.key === key);
    if (work === undefined || one === undefined) return;
    this.drop(key);
    this.add([work.file], sessionId ?? one.sessionId);
  }

  /** No more of it is sent; what the hub has of it stays there for some days. */
  stop(key: number): void {
    this.works.get(key)?.ending.abort(new Stopped());
    this.change(key, { state: "stopped", words: undefined, pace: undefined });
  }

  /** It is off the list, and the hub throws away what it has of it. */
  async discard(key: number): Promise<void> {
    const one = this.list.find((other) => other.key === key);
    const work = this.works.get(key);
    work?.ending.abort(new Stopped());
    const where =
      work?.where ?? remembered().find((known) => known.name === one?.name && known.size === one.size)?.where;
    this.drop(key);
    if (where === undefined || one?.state === "done") return;
    forget({ where });
    await giveUp(where);
  }

  private async run(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    for (let one = this.first(); one !== undefined; one = this.first()) await this.deliver(one);
    this.isBusy = false;
  }

  private first(): Upload | undefined {
    return this.list.find((one) => one.state === "waiting");
  }

  private async deliver({ key, sessionId }: Upload): Promise<void> {
    const work = this.works.get(key);
    if (work === undefined) return;
    const { file, ending } = work;
    try {
      if (!/\.mcap$/i.test(file.name)) throw new Error("Recordings are .mcap files.");
      const known = recall(file);
      this.change(key, { state: "checking", share: 0 });
      const sha256 = known?.sha256 ?? (await digestOf(file, (share) => this.change(key, { share }), ending.signal));
      const sending = new Sending(ending.signal);
      const { where, sent } = await sending.begin(sessionId, sha256, file.size);
      work.where = where;
      remember({ name: file.name, size: file.size, modified: file.lastModified, sessionId, sha256, where });
      this.change(key, { state: "sending", share: share(sent, file.size) });
      const began = performance.now();
      await sending.send(file, where, sent, (progress) => {
        const pace = ((progress.sent - sent) / (performance.now() - began)) * 1_000;
        const words = progress.waiting === undefined ? undefined : `${progress.waiting}; it is tried again by itself`;
        this.change(key, { share: share(progress.sent, file.size), pace, words });
      });
      forget({ where });
      this.change(key, { state: "done", share: 1, words: undefined });
    } catch (error) {
      if (error instanceof Stopped) return;
      const { detail, code, requestId } = asProblem(error);
      this.change(key, {
        state: "failed",
        words: requestId === null ? detail : `${detail} (request ${requestId})`,
        code,
      });
    }
  }

  private async showLeft(one: Remembered): Promise<void> {
    const sent = await howFar(one.where);
    if (sent === null || sent >= one.size) {
      if (sent !== null) forget(one);
      return;
    }
    if (this.list.some((other) => other.name === one.name && other.size === one.size)) return;
    const { name, size, sessionId } = one;
    this.list = [{ key: this.nextKey++, name, size, sessionId, state: "left", share: share(sent, size) }, ...this.list];
    this.tell();
  }

  private change(key: number, change: Partial<Upload>): void {
    this.list = this.list.map((one) => (one.key === key ? { ...one, ...change } : one));
    this.tell();
  }

  private drop(key: number): void {
    this.works.delete(key);
    this.list = this.list.filter((one) => one.key !== key);
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

class Stopped extends Error {}

function share(sent: number, size: number): number {
  return size === 0 ? 1 : sent / size;
}

/** The id that a recording gets of its file's name. */
export function idOf(name: string): string {
  const stem = name
    .replace(/\.mcap$/i, "")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "");
  return stem.slice(0, 180) || "recording";
}

let made: Uploads | undefined;

/** Made when somebody first comes to deliver something, and there until the page is closed. */
export function uploads(): Uploads {
  made ??= new Uploads();
  return made;
}
