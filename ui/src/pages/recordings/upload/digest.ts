import type { Said } from "./digest-worker";

/** The SHA-256 of a file, however large, worked out beside the page so that it stays quick. */
export function digestOf(file: File, told: (share: number) => void, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./digest-worker.ts", import.meta.url), { type: "module" });
    const end = () => {
      worker.terminate();
      signal.removeEventListener("abort", stop);
    };
    const stop = () => {
      end();
      reject(signal.reason);
    };
    signal.addEventListener("abort", stop);
    worker.onmessage = ({ data }: MessageEvent<Said>) => {
      if ("share" in data) told(data.share);
      else {
        end();
        if ("hex" in data) resolve(data.hex);
        else reject(new Error(data.problem));
      }
    };
    worker.onerror = () => {
      end();
      reject(new Error("This browser could not work the file's digest out."));
    };
    worker.postMessage(file);
  });
}
