import {
  Button,
  Group,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { span } from "~/format/time";
import { ActIcon } from "~/parts/act-button";
import { useEverything } from "~/parts/listed";
import { groups } from "../model/queries";
import { type BoardDraft, SWITCHES } from "./board-draft";

type Props = { draft: BoardDraft; change: (change: Partial<BoardDraft>) => void; isFixed?: boolean };

/** What a board is, and what it asks of those who work on it. */
export function BoardForm({ draft, change, isFixed = false }: Props) {
  const known = useEverything(useInfiniteQuery(groups)).data?.items ?? [];
  return (
    <Stack gap="sm">
      <TextInput
        label="Name"
        required
        maxLength={200}
        data-autofocus
        readOnly={isFixed}
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <Textarea
        label="Objective"
        description="What the board is there to reach; agents read it"
        maxLength={20_000}
        maxRows={10}
        readOnly={isFixed}
        value={draft.objective}
        onChange={(event) => change({ objective: event.currentTarget.value })}
      />
      <Textarea
        label="Description"
        maxLength={20_000}
        maxRows={10}
        readOnly={isFixed}
        value={draft.description}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
      <Select
        label="Group"
        placeholder="None"
        clearable
        searchable
        disabled={isFixed}
        data={known.map((group) => ({ value: group.id, label: group.name }))}
        value={draft.group_id}
        onChange={(group_id) => change({ group_id })}
      />
      <Stack gap="xs" role="group" aria-label="Rules">
        {SWITCHES.map(({ name, title, told }) => (
          <Switch
            key={name}
            label={title}
            description={told}
            disabled={isFixed}
            checked={draft[name]}
            onChange={(event) => change({ [name]: event.currentTarget.checked })}
          />
        ))}
      </Stack>
      <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm">
        <NumberInput
          label="Agents at most"
          description="So many can be registered here"
          placeholder="No limit"
          min={0}
          max={10_000}
          disabled={isFixed}
          value={draft.max_agents}
          onChange={(max_agents) => change({ max_agents })}
        />
        <NumberInput
          label="Lease of a claim, s"
          description={`A silent agent keeps a task ${said(draft.claim_lease_s)}`}
          min={10}
          max={604_800}
          required
          disabled={isFixed}
          value={draft.claim_lease_s}
          onChange={(claim_lease_s) => change({ claim_lease_s })}
        />
        <NumberInput
          label="Approvals are good for, s"
          description={said(draft.approval_expires_s)}
          min={60}
          max={2_592_000}
          required
          disabled={isFixed}
          value={draft.approval_expires_s}
          onChange={(approval_expires_s) => change({ approval_expires_s })}
        />
      </SimpleGrid>
      <Policy draft={draft} change={change} isFixed={isFixed} />
    </Stack>
  );
}

function said(seconds: number | string): string {
  return seconds === "" ? "–" : span(Number(seconds));
}

function Policy({ draft, change, isFixed }: Props) {
  const rules = draft.approval_policy;
  const set = (at: number, rule: Partial<(typeof rules)[number]>) =>
    change({ approval_policy: rules.map((one, place) => (place === at ? { ...one, ...rule } : one)) });
  return (
    <Stack gap={4} role="group" aria-label="What the board approves by itself">
      <Text size="sm" fw={500}>
        What the board approves by itself
      </Text>
      <Text size="xs" c="dimmed">
        Of what agents ask for, with at least this confidence. Without a rule people decide everything.
      </Text>
      {rules.map((rule, at) => (
        <Group key={at} gap="xs" wrap="nowrap">
          <TextInput
            aria-label="Action type"
            placeholder="task.done"
            required
            pattern="[a-z0-9]+([._\-][a-z0-9]+){0,9}"
            disabled={isFixed}
            value={rule.action_type}
            onChange={(event) => set(at, { action_type: event.currentTarget.value })}
          />
          <NumberInput
            aria-label="Confidence at least"
            suffix=" %"
            min={0}
            max={100}
            required
            w={100}
            disabled={isFixed}
            value={rule.min_confidence}
            onChange={(min_confidence) => set(at, { min_confidence })}
          />
          {isFixed ? null : (
            <ActIcon
              label="Remove this rule"
              onAct={() => change({ approval_policy: rules.filter((_one, place) => place !== at) })}
            >
              <IconX size={14} />
            </ActIcon>
          )}
        </Group>
      ))}
      {isFixed ? null : (
        <Button
          variant="subtle"
          w="fit-content"
          leftSection={<IconPlus size={14} />}
          onClick={() => change({ approval_policy: [...rules, { action_type: "", min_confidence: 95 }] })}
        >
          Add a rule
        </Button>
      )}
    </Stack>
  );
}
