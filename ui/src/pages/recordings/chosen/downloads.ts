const APART_MS = 400;

/** Has the browser fetch files one after the other: those that come all at once are taken for one, and the rest dropped. */
export async function download(urls: string[]): Promise<void> {
  for (const [place, url] of urls.entries()) {
    if (place > 0) await new Promise((resolve) => setTimeout(resolve, APART_MS));
    const link = document.createElement("a");
    link.href = url;
    link.download = "";
    document.body.append(link);
    link.click();
    link.remove();
  }
}
