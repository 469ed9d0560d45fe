import { ActionIcon, Button, Group, Kbd, Modal, Table, Tooltip } from "@mantine/core";
import { IconKeyboard, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useId, useRef } from "react";
import { Answer } from "~/parts/answer";
import { useCopyLink } from "./actions";
import { SHORTCUTS, type Wish } from "./model/keys";
import { triggerTime } from "./model/lanes";
import type { PanelName } from "./model/place";
import { usePanels } from "./panels/use-panels";
import { usePlaying } from "./playing";
import { FieldPicker } from "./plots/field-picker";
import { Plot } from "./plots/plot";
import { usePlots } from "./plots/use-plots";
import { fieldsQuery } from "./queries";
import { Side } from "./side";
import { LaneRows } from "./timeline/lane-rows";
import { LogLanes } from "./timeline/log-lanes";
import { Overview, Ruler } from "./timeline/ruler";
import { TimelineStack } from "./timeline/stack";
import { Transport } from "./transport";
import { useKeys } from "./use-keys";
import { useLanes } from "./use-lanes";
import { usePlace } from "./use-place";
import { useStep } from "./use-step";
import classes from "./workbench.module.css";

/** Timeline and plots on the left, what is at the cursor on the right. */
export function Workbench() {
  const { recording, player, startNs } = usePlaying();
  const { search, open: openDialog } = usePlace();
  const noteInput = useRef<HTMLTextAreaElement>(null);
  const { open, opened } = usePanels();
  const copyLink = useCopyLink();
  const { step } = useStep();
  const lanes = useLanes();
  const goInto = (panel: PanelName, focus: () => void) => {
    if (opened.includes(panel)) return focus();
    open(panel);
    // The panel has to be there first.
    requestAnimationFrame(() => requestAnimationFrame(focus));
  };
  const carryOut: Record<Wish, () => void> = {
    previous: () => step(-1),
    next: () => step(1),
    trigger: () => player.seek(triggerTime(recording.trigger, startNs) ?? player.state.cursor),
    annotate: () => goInto("notes", () => noteInput.current?.focus()),
    field: () => openDialog("fields"),
    copy: copyLink,
    cut: () => openDialog("cut"),
    messages: () =>
      goInto("messages", () => document.querySelector<HTMLElement>("[data-panel=messages] button")?.focus()),
    help: () => openDialog("keys"),
  };
  useKeys(player, (wish) => carryOut[wish]());
  const showNote = (id: number) => {
    if (!opened.includes("notes")) open("notes");
    requestAnimationFrame(() => document.getElementById(`note-${id}`)?.focus());
  };
  return (
    <div className={classes.bench}>
      <div className={classes.main}>
        <Group justify="space-between" px={6} py={6} gap={2} wrap="nowrap">
          <Transport />
          <Tooltip label="Keys (?)">
            <ActionIcon size="lg" onClick={carryOut.help} aria-label="Keys" visibleFrom="sm">
              <IconKeyboard size={17} />
            </ActionIcon>
          </Tooltip>
        </Group>
        <TimelineStack>
          <Overview />
          <Ruler />
          <LaneRows lanes={lanes} onAnnotation={showNote} />
          <LogLanes />
          <Plots onAdd={(into) => openDialog("fields", into)} />
        </TimelineStack>
        <Button
          variant="subtle"
          m={6}
          leftSection={<IconPlus size={15} />}
          onClick={carryOut.field}
          title="Search the fields (f)"
        >
          Plot a field
        </Button>
      </div>
      <Side noteInput={noteInput} />
      {search.open === "fields" ? <Picker /> : null}
      {search.open === "keys" ? <Help onClose={() => openDialog(undefined)} /> : null}
    </div>
  );
}

function Plots({ onAdd }: { onAdd: (into: number) => void }) {
  const { plots, remove } = usePlots();
  const { recording } = usePlaying();
  const tree = useQuery(fieldsQuery(recording));
  const group = useId();
  return (
    <Answer query={tree}>
      {() =>
        plots.map((plot, index) => (
          <Plot
            key={plot}
            fields={plot.split(",")}
            height={128}
            group={group}
            onRemove={(field) => remove(index, field)}
            onAdd={() => onAdd(index)}
          />
        ))
      }
    </Answer>
  );
}

function Picker() {
  const { recording } = usePlaying();
  const { search, choose, open } = usePlace();
  const { plots, add } = usePlots();
  const tree = useQuery(fieldsQuery(recording)).data;
  if (tree === undefined) return null;
  const close = () => open(undefined);
  return (
    <FieldPicker
      tree={tree}
      plotted={plots.flatMap((plot) => plot.split(","))}
      words={search.find}
      onWords={(find) => choose({ find })}
      onPick={(field) => {
        add(field, search.into);
        close();
      }}
      onClose={close}
    />
  );
}

function Help({ onClose }: { onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Keys">
      <Table>
        <Table.Tbody>
          {SHORTCUTS.map(([keys, meaning]) => (
            <Table.Tr key={keys}>
              <Table.Td>
                <Group gap={4}>
                  {keys.split(" ").map((key) => (
                    <Kbd key={key} size="xs">
                      {key}
                    </Kbd>
                  ))}
                </Group>
              </Table.Td>
              <Table.Td>{meaning}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
