import { Button, Group, Modal, MultiSelect, Text } from "@mantine/core";
import { clock } from "~/format/time";
import { cutHref } from "./model/cut";
import { usePlayer, usePlaying } from "./playing";
import { usePlace } from "./use-place";

/** Downloads the selected span, or the window that is shown, as a recording of its own. */
export function CutDialog({ onClose }: { onClose: () => void }) {
  const { recording } = usePlaying();
  const { search, choose } = usePlace();
  const topics = search.cut ?? [];
  const selection = usePlayer((state) => state.selection);
  const view = usePlayer((state) => state.view);
  const span = selection ?? view;
  return (
    <Modal opened onClose={onClose} title="Cut out a part">
      <Text size="sm" mb="sm">
        From {clock(span.from)} to {clock(span.to)}, {clock(span.to - span.from)} long:{" "}
        {selection === null
          ? "what the timeline shows. Drag with Shift, or press [ and ], to select another span."
          : "the selected span."}
      </Text>
      <MultiSelect
        label="Topics"
        description="All of them when none is chosen"
        data={recording.topics}
        value={topics}
        onChange={(chosen) => choose({ cut: chosen.length === 0 ? undefined : chosen })}
        searchable
        clearable
      />
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button component="a" href={cutHref(recording.session_id, span, topics)} download onClick={onClose}>
          Download the cut
        </Button>
      </Group>
    </Modal>
  );
}
