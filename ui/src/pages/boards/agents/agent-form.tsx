import { Group, NumberInput, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { NameField } from "~/parts/name-field";
import type { AgentDraft } from "./agent-draft";

type Props = { draft: AgentDraft; change: (change: Partial<AgentDraft>) => void };

export function AgentForm({ draft, change }: Props) {
  return (
    <Stack gap="sm">
      <Group grow align="flex-start">
        <NameField value={draft.name} onChange={(name) => change({ name })} maxLength={100} />
        <Select
          label="Role"
          allowDeselect={false}
          data={[
            { value: "worker", label: "Worker" },
            { value: "lead", label: "Lead" },
          ]}
          value={draft.role}
          onChange={(role) => change({ role: role === "lead" ? "lead" : "worker" })}
        />
      </Group>
      <Group grow align="flex-start">
        <TextInput
          label="Runtime"
          placeholder="our own loop"
          maxLength={200}
          value={draft.runtime}
          onChange={(event) => change({ runtime: event.currentTarget.value })}
        />
        <NumberInput
          label="Heartbeat every, s"
          min={1}
          max={86_400}
          required
          value={draft.heartbeat_interval_s}
          onChange={(heartbeat_interval_s) => change({ heartbeat_interval_s })}
        />
      </Group>
      <Textarea
        label="Identity"
        description="Who it is and what it is there for; for people and for its lead"
        maxLength={20_000}
        maxRows={10}
        value={draft.identity}
        onChange={(event) => change({ identity: event.currentTarget.value })}
      />
      <Group grow align="flex-start">
        <NumberInput
          label="Requests a day"
          placeholder="No limit"
          min={0}
          allowDecimal={false}
          value={draft.requests_per_day}
          onChange={(requests_per_day) => change({ requests_per_day })}
        />
        <NumberInput
          label="Tasks a day"
          placeholder="No limit"
          min={0}
          allowDecimal={false}
          value={draft.tasks_per_day}
          onChange={(tasks_per_day) => change({ tasks_per_day })}
        />
        <NumberInput
          label="Cost a day"
          placeholder="No limit"
          min={0}
          value={draft.cost_per_day}
          onChange={(cost_per_day) => change({ cost_per_day })}
        />
      </Group>
    </Stack>
  );
}
