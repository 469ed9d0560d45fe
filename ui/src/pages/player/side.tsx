import { Button, Group, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { RefObject } from "react";
import type { PanelName } from "./model/place";
import { batteryField, cameras, logTopics, poses } from "./model/suited";
import { AboutPanel } from "./panels/about-panel";
import { BatteryPanel } from "./panels/battery-panel";
import { CamerasPanel } from "./panels/cameras-panel";
import { LogPanel } from "./panels/log-panel";
import { MessagesPanel } from "./panels/messages-panel";
import { NotesPanel } from "./panels/notes-panel";
import { PathPanel } from "./panels/path-panel";
import { usePanels } from "./panels/use-panels";
import { usePlaying } from "./playing";
import { usePlots } from "./plots/use-plots";
import { fieldsQuery } from "./queries";

const TITLES: Record<PanelName, string> = {
  cameras: "Cameras",
  path: "Path",
  battery: "Battery",
  log: "Log",
  messages: "Messages",
  notes: "Notes",
  about: "About",
};

/** What is beside the timeline, all of it at the cursor. */
export function Side({ noteInput }: { noteInput: RefObject<HTMLTextAreaElement | null> }) {
  const { possible, opened, open, close } = usePanels();
  return (
    <Stack gap="xs">
      <Group gap={4} role="group" aria-label="Panels">
        {possible.map((panel) => (
          <Button
            key={panel}
            size="compact-xs"
            variant={opened.includes(panel) ? "light" : "default"}
            aria-pressed={opened.includes(panel)}
            onClick={() => (opened.includes(panel) ? close(panel) : open(panel))}
          >
            {TITLES[panel]}
          </Button>
        ))}
      </Group>
      {opened.map((panel) => (
        <OnePanel key={panel} panel={panel} noteInput={noteInput} />
      ))}
    </Stack>
  );
}

function OnePanel({ panel, noteInput }: { panel: PanelName; noteInput: RefObject<HTMLTextAreaElement | null> }) {
  const { recording } = usePlaying();
  const { add } = usePlots();
  const tree = useQuery(fieldsQuery(recording)).data;
  if (panel === "notes") return <NotesPanel input={noteInput} />;
  if (panel === "about") return <AboutPanel />;
  if (panel === "messages") return <MessagesPanel onPlot={(field) => add(field)} />;
  if (tree === undefined) return null;
  if (panel === "cameras") return <CamerasPanel topics={cameras(tree)} />;
  if (panel === "path") return <PathPanel found={poses(tree)} />;
  if (panel === "log") return <LogPanel topics={logTopics(tree)} />;
  const battery = batteryField(tree);
  return battery === null ? null : <BatteryPanel field={battery} />;
}
