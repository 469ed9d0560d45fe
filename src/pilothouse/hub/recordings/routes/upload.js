"use strict";
// SHA-256 (FIPS 180-4), a piece at a time: browsers only offer it for what fits into memory at once.
const PRIMES = [];
for (let n = 2; PRIMES.length < 64; n++) if (PRIMES.every((p) => n % p)) PRIMES.push(n);
const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) >>> 0;
const K = Uint32Array.from(PRIMES, (p) => fraction(Math.cbrt(p)));

class Sha256 {
  constructor() {
    this.h = Uint32Array.from(PRIMES.slice(0, 8), (p) => fraction(Math.sqrt(p)));
    this.w = new Uint32Array(64);
    this.rest = new Uint8Array(64);
    this.held = 0;
    this.length = 0;
  }
  update(bytes) {
    this.length += bytes.length;
    let at = 0;
    if (this.held) {
      const take = Math.min(64 - this.held, bytes.length);
      this.rest.set(bytes.subarray(0, take), this.held);
      this.held += take;
      at = take;
      if (this.held < 64) return;
      this.block(new DataView(this.rest.buffer), 0);
      this.held = 0;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (; at + 64 <= bytes.length; at += 64) this.block(view, at);
    this.rest.set(bytes.subarray(at));
    this.held = bytes.length - at;
  }
  block(view, at) {
    const { h, w } = this;
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + 4 * i);
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15], b = w[i - 2];
      const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
      const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    let [a, b, c, d, e, f, g, z] = h;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (z + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      z = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += z;
  }
  hex() {
    const bits = this.length * 8;
    const end = new Uint8Array(this.held < 56 ? 64 - this.held : 128 - this.held);
    end[0] = 0x80;
    const view = new DataView(end.buffer);
    view.setUint32(end.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(end.length - 4, bits >>> 0);
    this.update(end);
    return Array.from(this.h, (one) => one.toString(16).padStart(8, "0")).join("");
  }
}

const PIECE = 4 << 20;
const TUS = { "Tus-Resumable": "1.0.0" };
const list = document.querySelector("ul");
const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

class Refused extends Error {}

async function ask(method, path, headers, body) {
  const answer = await fetch(path, { method, headers: { ...TUS, ...headers }, body });
  if (answer.ok) return answer;
  if (answer.status >= 500 || answer.status === 423) throw new Error(`the hub answered ${answer.status}`);
  const said = await answer.json().catch(() => ({}));
  const why = typeof said.detail === "string" ? said.detail : `The hub answered ${answer.status}.`;
  throw new Refused(answer.status === 401 ? "Sign in first, at /login." : `${why} [${said.code}, ${said.request_id}]`);
}

async function digest(file, told) {
  const sha = new Sha256();
  for (let at = 0; at < file.size; at += PIECE) {
    sha.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
    told(at / file.size);
  }
  return sha.hex();
}

function idOf(name) {
  const stem = name.replace(/\.mcap$/i, "").replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return stem.slice(0, 180) || "recording";
}

async function send(file, id, sha256, told) {
  const about = `session_id ${base64(id)},sha256 ${base64(sha256)}`;
  const creation = { "Upload-Length": String(file.size), "Upload-Metadata": about };
  const made = await ask("POST", "/api/uploads", creation);
  const where = made.headers.get("Location");
  let offset = Number(made.headers.get("Upload-Offset"));
  for (let failures = 0; offset < file.size; ) {
    try {
      if (failures) offset = Number((await ask("HEAD", where, {})).headers.get("Upload-Offset"));
      if (offset >= file.size) break;
      const headers = { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
      const answer = await ask("PATCH", where, headers, file.slice(offset, offset + PIECE));
      offset = Number(answer.headers.get("Upload-Offset"));
      failures = 0;
    } catch (problem) {
      if (problem instanceof Refused) throw problem;
      failures += 1;
      told(offset / file.size, `${problem.message}; trying again`);
      await pause(Math.min(30000, 500 * 2 ** failures) * (0.5 + Math.random() / 2));
    }
    told(offset / file.size);
  }
}

async function deliver(file) {
  const row = list.appendChild(document.createElement("li"));
  const name = row.appendChild(document.createElement("span"));
  const bar = row.appendChild(document.createElement("progress"));
  const said = row.appendChild(document.createElement("small"));
  name.textContent = file.name;
  const showing = (doing) => (share, more) => {
    bar.value = share;
    said.textContent = more || `${doing} ${Math.floor(share * 100)} %`;
  };
  try {
    if (!/\.mcap$/i.test(file.name)) throw new Refused("Recordings are .mcap files.");
    const id = idOf(file.name);
    const sha256 = await digest(file, showing("checking"));
    await send(file, id, sha256, showing("sending"));
    bar.value = 1;
    said.textContent = "here: ";
    const link = said.appendChild(document.createElement("a"));
    link.href = `/api/sessions/${encodeURIComponent(id)}`;
    link.textContent = id;
    row.dataset.state = "done";
  } catch (problem) {
    said.textContent = problem.message;
    row.dataset.state = "failed";
  }
}

async function deliverAll(files) {
  for (const file of files) await deliver(file);
}

document.querySelector("input").addEventListener("change", (event) => deliverAll([...event.target.files]));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  deliverAll([...event.dataTransfer.files]);
});
