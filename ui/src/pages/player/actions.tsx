import { Button } from "@mantine/core";
import { IconDownload, IconExternalLink, IconLink, IconScissors } from "@tabler/icons-react";
import { useTend } from "~/api/rights";
import { ActButton } from "~/parts/act-button";
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
  const { search, open } = usePlace();
  const copyLink = useCopyLink();
  const close = () => open(undefined);
  return (
    <>
      <Button variant="default" leftSection={<IconLink size={15} />} onClick={copyLink} title="To this moment (c)">
        Copy link
      </Button>
      <Button
        variant="default"
        leftSection={<IconScissors size={15} />}
        onClick={() => open("cut")}
        title="Download a part (x)"
      >
        Cut
      </Button>
      <Button
        variant="default"
        leftSection={<IconDownload size={15} />}
        component="a"
        href={fileHref(recording.session_id)}
        download
      >
        Download
      </Button>
      <ActButton
        variant="default"
        refusal={useTend()}
        leftSection={<IconExternalLink size={15} />}
        onAct={() => open("viewer")}
      >
        Open in a viewer
      </ActButton>
      {search.open === "cut" ? <CutDialog onClose={close} /> : null}
      {search.open === "viewer" ? <ViewerDialog onClose={close} /> : null}
    </>
  );
}
