import { ask, asProblem } from "~/api/client";

const PIECE = 4 << 20;
const LONGEST_WAIT_MS = 30_000;
const TUS = { "Tus-Resumable": "1.0.0" };

export type Progress = { sent: number; waiting?: string };
type Ask = (path: string, init: RequestInit) => Promise<Response>;

const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** Delivers a file piece by piece (tus 1.0), from where the hub has it, for as long as it takes. */
export class Sending {
  constructor(
    private readonly signal: AbortSignal,
    private readonly asked: Ask = ask,
    private readonly pause: (ms: number) => Promise<void> = (ms) => new Promise((done) => setTimeout(done, ms)),
  ) {}

  /** Where the bytes go, and how many of them the hub has already. */
  async begin(sessionId: string, sha256: string, size: number): Promise<{ where: string; sent: number }> {
    const about = `session_id ${base64(sessionId)},sha256 ${base64(sha256)}`;
    const made = await this.persistently(
      () => this.request("POST", "/api/uploads", { "Upload-Length": String(size), "Upload-Metadata": about }),
      () => undefined,
    );
    const where = made.headers.get("Location");
    if (where === null) throw new Error("The hub has not said where the bytes go.");
    return { where, sent: offsetOf(made) };
  }

  async send(file: Blob, where: string, from: number, told: (progress: Progress) => void): Promise<void> {
    let sent = from;
    let isLost = false;
    told({ sent });
    while (sent < file.size) {
      const piece = async () => {
        if (isLost) sent = offsetOf(await this.request("HEAD", where, {}));
        isLost = false;
        if (sent >= file.size) return sent;
        const headers = { "Upload-Offset": String(sent), "Content-Type": "application/offset+octet-stream" };
        return offsetOf(await this.request("PATCH", where, headers, file.slice(sent, sent + PIECE)));
      };
      sent = await this.persistently(piece, (waiting) => {
        isLost = true;
        told({ sent, waiting });
      });
      told({ sent });
    }
  }

  private request(method: string, path: string, headers: Record<string, string>, body?: Blob): Promise<Response> {
    return this.asked(path, { method, headers: { ...TUS, ...headers }, body, signal: this.signal });
  }

  /** Again and again while the hub or the network is away; what the hub refuses is thrown. */
  private async persistently<Answer>(act: () => Promise<Answer>, failed: (why: string) => void): Promise<Answer> {
    for (let failures = 1; ; failures++) {
      try {
        return await act();
      } catch (error) {
        if (this.signal.aborted) throw this.signal.reason;
        const problem = asProblem(error);
        if (!passes(problem.status)) throw problem;
        failed(problem.isOffline ? "the hub cannot be reached" : problem.detail);
        await this.pause(Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures) * (0.5 + Math.random() / 2));
        if (this.signal.aborted) throw this.signal.reason;
      }
    }
  }
}

// 423: an earlier request of ours has not ended yet.
function passes(status: number): boolean {
  return status === 0 || status === 423 || status === 429 || status >= 500;
}

function offsetOf(answer: Response): number {
  const offset = Number(answer.headers.get("Upload-Offset") ?? "0");
  return Number.isSafeInteger(offset) ? offset : 0;
}

/** How far an upload is by the hub's account, null when the hub has forgotten it. */
export async function howFar(where: string, asked: Ask = ask): Promise<number | null> {
  try {
    return offsetOf(await asked(where, { method: "HEAD", headers: TUS }));
  } catch {
    return null;
  }
}

export async function giveUp(where: string, asked: Ask = ask): Promise<void> {
  await asked(where, { method: "DELETE", headers: TUS }).catch(() => undefined);
}
