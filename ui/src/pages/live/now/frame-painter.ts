type Urls = Pick<typeof URL, "createObjectURL" | "revokeObjectURL">;
type Picture = Pick<HTMLImageElement, "src" | "onload" | "onerror">;

/**
 * Shows the newest frame of a camera. There is one object URL at a time, revoked as soon as its picture is decoded: a
 * frame that comes while another is being decoded waits, and gives way to a newer one.
 */
export class FramePainter {
  private url: string | null = null;
  private shown: Uint8Array<ArrayBuffer> | null = null;
  private waiting: Uint8Array<ArrayBuffer> | null = null;

  constructor(
    private readonly image: Picture,
    private readonly urls: Urls = URL,
  ) {
    image.onload = image.onerror = () => this.decoded();
  }

  paint(jpeg: Uint8Array<ArrayBuffer>): void {
    if (jpeg === this.shown || jpeg === this.waiting) return;
    if (this.url !== null) {
      this.waiting = jpeg;
      return;
    }
    this.shown = jpeg;
    this.url = this.urls.createObjectURL(new Blob([jpeg], { type: "image/jpeg" }));
    this.image.src = this.url;
  }

  end(): void {
    this.image.onload = this.image.onerror = null;
    this.release();
    this.waiting = null;
  }

  private decoded(): void {
    this.release();
    const next = this.waiting;
    this.waiting = null;
    if (next !== null) this.paint(next);
  }

  private release(): void {
    if (this.url !== null) this.urls.revokeObjectURL(this.url);
    this.url = null;
  }
}
