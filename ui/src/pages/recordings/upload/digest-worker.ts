import { Sha256 } from "./sha256";

const PIECE = 4 << 20;

/** What the worker says while it reads a file. */
export type Said = { share: number } | { hex: string } | { problem: string };

self.onmessage = async ({ data: file }: MessageEvent<File>) => {
  const say = (said: Said) => self.postMessage(said);
  try {
    const sha = new Sha256();
    for (let at = 0; at < file.size; at += PIECE) {
      sha.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
      say({ share: Math.min(1, (at + PIECE) / file.size) });
    }
    say({ hex: sha.hex() });
  } catch {
    say({ problem: "The file cannot be read any more: it was moved, changed or deleted." });
  }
};
