/**
 * Where lines stand in a scrolled element. Browsers make no element higher than some 17 million pixels, a log has more
 * lines than that: beyond a limit a pixel of the scrollbar stands for more than a pixel of text.
 */
export class ScrollMap {
  static readonly HIGHEST_PX = 8_000_000;

  constructor(
    readonly lines: number,
    readonly lineHeight: number,
    readonly viewHeight: number,
  ) {}

  get contentHeight(): number {
    return this.lines * this.lineHeight;
  }

  /** The height that the scrolled element has. */
  get height(): number {
    return Math.min(Math.max(this.contentHeight, this.viewHeight), ScrollMap.HIGHEST_PX);
  }

  /** How many pixels of text one pixel of the scrollbar moves. */
  get scale(): number {
    const way = this.height - this.viewHeight;
    return way <= 0 ? 1 : Math.max(1, (this.contentHeight - this.viewHeight) / way);
  }

  /** The line at the top of the view; its fraction is what of it is scrolled away. */
  lineAt(scrollTop: number): number {
    const most = Math.max(0, this.lines - this.viewHeight / this.lineHeight);
    return Math.min(most, Math.max(0, (scrollTop * this.scale) / this.lineHeight));
  }

  /** Where to scroll so that a line is at the top, or as near as it can be. */
  scrollTopOf(line: number): number {
    const most = Math.max(0, this.height - this.viewHeight);
    return Math.min(most, Math.max(0, (line * this.lineHeight) / this.scale));
  }

  /** The lines to draw, the last one excluded. */
  shown(scrollTop: number, beyond = 10): { first: number; last: number; top: number } {
    const top = this.lineAt(scrollTop);
    const first = Math.max(0, Math.floor(top) - beyond);
    const last = Math.min(this.lines, Math.ceil(top + this.viewHeight / this.lineHeight) + beyond);
    return { first, last, top };
  }
}
