import { createHash, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { Sha256 } from "./sha256";

test.each([0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 100_003])(
  "the digest of %d bytes is that of everybody else",
  (size) => {
    const content = new Uint8Array(randomBytes(size));
    const sha = new Sha256();
    for (let at = 0; at < size; at += 37) sha.update(content.subarray(at, at + 37));
    expect(sha.hex()).toBe(createHash("sha256").update(content).digest("hex"));
  },
);
