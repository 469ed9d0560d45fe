import { Button, Menu } from "@mantine/core";
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

/** The address of just what is seen, plots and panels included, for somebody else's browser. */
export function useCopyLink(): () => void {
  const { href } = usePlace();
  const { plots } = usePlots();
  const { opened } = usePanels();
  return () => {
    copied(href({ plots, panels: opened })).then(
      () => say("The link to this moment is copied."),
      () =>
        window.prompt(
          "This browser does not let pages copy. The link to this moment:",
          href({ plots, panels: opened }),
        ),
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
  return (
    <>
      <Button variant="default" leftSection={<IconLink size={15} />} onClick={copyLink} title="c">
        Copy link
      </Button>
      <Button variant="default" leftSection={<IconScissors size={15} />} onClick={cutting.open}>
        Cut
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" leftSection={<IconDownload size={15} />}>
            Get it
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            component="a"
            href={fileHref(recording.session_id)}
            download
            leftSection={<IconDownload size={15} />}
          >
            Download the whole file
          </Menu.Item>
          <Menu.Item onClick={cutting.open} leftSection={<IconScissors size={15} />}>
            Download a part
          </Menu.Item>
          <Menu.Item onClick={viewing.open} leftSection={<IconExternalLink size={15} />}>
            Open in Lichtblick or Foxglove
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isCutting ? <CutDialog onClose={cutting.close} /> : null}
      {isViewing ? <ViewerDialog onClose={viewing.close} /> : null}
    </>
  );
}
