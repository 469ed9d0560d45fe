import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDownload, IconExternalLink, IconLink, IconScissors } from "@tabler/icons-react";
import { say } from "~/parts/say";
import { CutDialog } from "./cut-dialog";
import { fileHref } from "./head";
import { usePanels } from "./panels/use-panels";
import { usePlaying } from "./playing";
import { usePlots } from "./plots/use-plots";
import { usePlace } from "./use-place";
import { ViewerDialog } from "./viewer-dialog";

/** Copies the address of just what is seen, plots and panels included, for somebody else's browser. */
export function useCopyLink(): () => void {
  const { href } = usePlace();
  const { plots } = usePlots();
  const { opened } = usePanels();
  return () => {
    const link = href({ plots, panels: opened });
    copied(link).then(
      () => say("The link to this moment is copied."),
      () => window.prompt("This browser does not let pages copy. The link to this moment:", link),
    );
  };
}

async function copied(text: string): Promise<void> {
  // Browsers keep the clipboard from pages that came without TLS.
  if (navigator.clipboard === undefined) throw new Error("no clipboard");
  await navigator.clipboard.writeText(text);
}

/** What can be done with the recording at this moment. */
export function PlayerActions() {
  const { recording } = usePlaying();
  const copyLink = useCopyLink();
  const [isCutting, cutting] = useDisclosure(false);
  const [isViewing, viewing] = useDisclosure(false);
  const href = fileHref(recording.session_id);
  return (
    <>
      <Button variant="default" leftSection={<IconLink size={15} />} onClick={copyLink} title="To this moment (c)">
        Copy link
      </Button>
      <Button variant="default" leftSection={<IconScissors size={15} />} onClick={cutting.open} title="Download a part">
        Cut
      </Button>
      <Button variant="default" leftSection={<IconDownload size={15} />} component="a" href={href} download>
        Download
      </Button>
      <Button variant="default" leftSection={<IconExternalLink size={15} />} onClick={viewing.open}>
        Open in a viewer
      </Button>
      {isCutting ? <CutDialog onClose={cutting.close} /> : null}
      {isViewing ? <ViewerDialog onClose={viewing.close} /> : null}
    </>
  );
}
