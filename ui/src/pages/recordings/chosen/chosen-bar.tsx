import { Button, Group, Paper, Text } from "@mantine/core";
import {
  IconDownload,
  IconFlask,
  IconPin,
  IconPinnedOff,
  IconScissors,
  IconTestPipe,
  IconTrash,
} from "@tabler/icons-react";
import { useTend } from "~/api/rights";
import { plural } from "~/format/numbers";
import { ActButton, ActLink } from "~/parts/act-button";
import { PageButton } from "~/parts/link";
import { MOST_CHOSEN } from "~/parts/selection";
import type { DialogName, RecordingSearch } from "../search";
import type { Selection } from "../use-selection";
import { Acting } from "./acting";

type Props = {
  search: RecordingSearch;
  selection: Selection;
  /** Opens what is to be done with them, or closes it. */
  onAct: (act: DialogName | undefined) => void;
  onPart: (part: "start" | undefined) => void;
};

const ACTS: { act: DialogName; title: string; icon: typeof IconPin; isDanger?: true; isKeeping?: true }[] = [
  { act: "pin", title: "Pin", icon: IconPin, isKeeping: true },
  { act: "unpin", title: "Unpin", icon: IconPinnedOff, isKeeping: true },
  { act: "download", title: "Download", icon: IconDownload },
  { act: "cut", title: "Cut", icon: IconScissors },
  { act: "delete", title: "Delete", icon: IconTrash, isDanger: true, isKeeping: true },
];

const NEW_BATCH: string = "/lab/batches/new";
const MOST_IN_A_BATCH = 200;

/** What can be done with the chosen recordings. */
export function ChosenBar({ search, selection, onAct, onPart }: Props) {
  const { chosen } = selection;
  const refusal = useTend();
  return (
    <>
      {chosen.size === 0 ? null : (
        <Paper withBorder px="sm" py={5} mb="xs" component="section" aria-label="The chosen recordings">
          <Group gap="xs">
            <Text size="sm" fw={600} aria-live="polite">
              {plural(chosen.size, "recording")} chosen
              {chosen.size >= MOST_CHOSEN ? ", more cannot be" : ""}
            </Text>
            {ACTS.map(({ act, title, icon: Icon, isDanger, isKeeping }) => (
              <ActButton
                key={act}
                refusal={isKeeping ? refusal : null}
                variant={isDanger ? "light" : "default"}
                color={isDanger ? "red" : undefined}
                leftSection={<Icon size={14} />}
                onAct={() => onAct(act)}
              >
                {title}
              </ActButton>
            ))}
            <PageButton
              to={NEW_BATCH}
              search={{ recording: [...chosen].slice(0, MOST_IN_A_BATCH) } as never}
              variant="default"
              leftSection={<IconFlask size={14} />}
            >
              Debug
            </PageButton>
            <ActLink
              refusal={refusal}
              to="/recordings/backtests/new"
              search={{ recording: [...chosen] }}
              variant="default"
              leftSection={<IconTestPipe size={14} />}
            >
              Try rules
            </ActLink>
            <Button variant="subtle" onClick={() => selection.set(new Set())}>
              Choose none
            </Button>
          </Group>
        </Paper>
      )}
      <Acting
        act={search.act}
        part={search.part}
        selection={selection}
        onPart={onPart}
        onClose={() => onAct(undefined)}
      />
    </>
  );
}
