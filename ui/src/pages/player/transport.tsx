import { ActionIcon, Group, Select, Text, Tooltip } from "@mantine/core";
import {
  IconArrowsMaximize,
  IconBolt,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipBack,
  IconPlayerSkipForward,
  IconZoomIn,
  IconZoomOut,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { clock } from "~/format/time";
import { Moment } from "~/parts/moment";
import { triggerTime } from "./model/lanes";
import { SPEEDS } from "./model/player";
import { momentOf, nsAt } from "./model/times";
import { usePlayer, usePlaying } from "./playing";
import { useStep } from "./use-step";

const SPEED_NAMES: Record<number, string> = { 0.25: "¼", 0.5: "½" };

/** Play, step, speed and zoom; and where the cursor is. */
export function Transport() {
  const { player, recording, startNs } = usePlaying();
  const isPlaying = usePlayer((state) => state.isPlaying);
  const speed = usePlayer((state) => state.speed);
  const { step, topic } = useStep();
  const trigger = triggerTime(recording.trigger, startNs);
  const of = topic === undefined ? "" : ` of ${topic}`;
  const speeds = SPEEDS.map((one) => ({ value: String(one), label: `×${SPEED_NAMES[one] ?? one}` }));
  return (
    <Group gap={2} wrap="wrap" role="toolbar" aria-label="Playback">
      <Tool label={`Previous message${of} (←)`} onClick={() => step(-1)}>
        <IconPlayerSkipBack size={17} />
      </Tool>
      <Tooltip label={isPlaying ? "Pause (Space)" : "Play (Space)"}>
        <ActionIcon
          variant="filled"
          color="accent"
          size="lg"
          onClick={() => player.toggle()}
          aria-label={isPlaying ? "Pause" : "Play"}
        >
          {isPlaying ? <IconPlayerPauseFilled size={17} /> : <IconPlayerPlayFilled size={17} />}
        </ActionIcon>
      </Tooltip>
      <Tool label={`Next message${of} (→)`} onClick={() => step(1)}>
        <IconPlayerSkipForward size={17} />
      </Tool>
      {trigger === null ? null : (
        <Tool label="To the trigger (t)" onClick={() => player.seek(trigger)}>
          <IconBolt size={17} />
        </Tool>
      )}
      <Tooltip label="Speed (< and >)">
        <Select
          w={56}
          data={speeds}
          value={String(speed)}
          onChange={(value) => player.setSpeed(Number(value ?? 1))}
          aria-label="Speed"
          allowDeselect={false}
          withCheckIcon={false}
          rightSection={null}
        />
      </Tooltip>
      <Tool label="Zoom in (+)" onClick={() => player.zoom(2)}>
        <IconZoomIn size={17} />
      </Tool>
      <Tool label="Zoom out (−)" onClick={() => player.zoom(0.5)}>
        <IconZoomOut size={17} />
      </Tool>
      <Tool label="Show all of it (0)" onClick={() => player.showAll()}>
        <IconArrowsMaximize size={17} />
      </Tool>
      <CursorTime />
    </Group>
  );
}

function Tool({ label, onClick, children }: { label: string; onClick: () => void; children: ReactNode }) {
  return (
    <Tooltip label={label}>
      <ActionIcon size="lg" onClick={onClick} aria-label={label.replace(/ \([^)]*\)$/, "")}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

function CursorTime() {
  const { startNs } = usePlaying();
  const cursor = usePlayer((state) => state.cursor);
  const durationS = usePlayer((state) => state.durationS);
  return (
    <Group gap={8} pl={6} wrap="nowrap">
      <Text size="sm" ff="monospace" data-testid="cursor">
        {clock(cursor)}
        <Text span c="dimmed" inherit>
          {" "}
          / {clock(durationS, 1)}
        </Text>
      </Text>
      <Moment at={momentOf(nsAt(startNs, cursor))} form="absolute" size="sm" c="dimmed" />
    </Group>
  );
}
