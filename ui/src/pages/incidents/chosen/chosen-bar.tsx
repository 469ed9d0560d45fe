import { Button, Group, Modal, Paper, Text } from "@mantine/core";
import { toTend, useTend } from "~/api/rights";
import { plural } from "~/format/numbers";
import { ActButton } from "~/parts/act-button";
import { Permitted } from "~/parts/permitted";
import { usePageKeys } from "~/parts/use-page-keys";
import type { Incident } from "../queries";
import { JudgeForm } from "./judge-form";
import type { Chosen } from "./use-chosen";

type Props = { chosen: Chosen; listed: Incident[]; isJudging: boolean; onJudge: (is: boolean) => void };

/** What can be done with the chosen incidents: one judgement for all of them. */
export function ChosenBar({ chosen, listed, isJudging, onJudge }: Props) {
  const { ids } = chosen;
  const refusal = useTend();
  usePageKeys([["e", () => ids.size > 0 && refusal === null && onJudge(true)]]);
  if (ids.size === 0) return null;
  return (
    <>
      <Paper withBorder px="sm" py={5} mb="xs" component="section" aria-label="The chosen incidents">
        <Group gap="xs">
          <Text size="sm" fw={600} aria-live="polite">
            {plural(ids.size, "incident")} chosen
          </Text>
          <ActButton
            refusal={refusal}
            hint="State, severity, cause and ticket of all of them (e)"
            onAct={() => onJudge(true)}
          >
            Judge them
          </ActButton>
          <Button variant="subtle" onClick={() => chosen.set(new Set())}>
            Choose none
          </Button>
        </Group>
      </Paper>
      <Modal opened={isJudging} onClose={() => onJudge(false)} title={`Judge ${plural(ids.size, "incident")}`}>
        <Permitted to={toTend}>
          <JudgeForm ids={[...ids]} listed={listed} />
        </Permitted>
      </Modal>
    </>
  );
}
