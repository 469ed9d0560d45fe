import {
  MultiSelect,
  NumberInput,
  SegmentedControl,
  SimpleGrid,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import type { LabRepository } from "../queries";
import type { Draft } from "./draft";
import type { FieldsProps } from "./session-fields";

/** What a session may use and reach; what is left empty is as the hub has it. */
export function LimitFields({
  draft,
  mistakes,
  change,
  repositories,
}: FieldsProps & { repositories: LabRepository[] }) {
  const secrets = repositories.find((one) => one.name === draft.repository)?.secrets ?? [];
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
        <Amount label="Processor cores" name="cpu" draft={draft} change={change} />
        <Amount label="Memory" suffix=" MB" name="memory_mb" draft={draft} change={change} />
        <Amount label="Processes" name="pids" draft={draft} change={change} />
        <Amount label="Disk" suffix=" MB" name="disk_mb" draft={draft} change={change} />
        <Amount label="A command takes at most" suffix=" s" name="timeout_s" draft={draft} change={change} />
        <Amount label="and is silent for at most" suffix=" s" name="idle_timeout_s" draft={draft} change={change} />
        <Amount label="The session lives for" suffix=" h" name="ttl_h" draft={draft} change={change} />
        <Amount label="Priority" name="priority" draft={draft} change={change} min={-100} max={100} />
      </SimpleGrid>
      <Stack gap={4} align="start">
        <Text size="sm" fw={500} component="span" id="network-label">
          Network
        </Text>
        <SegmentedControl
          aria-labelledby="network-label"
          value={draft.network}
          onChange={(network) => change({ network: network as Draft["network"] })}
          data={[
            { value: "none", label: "none" },
            { value: "allowlist", label: "some hosts" },
            { value: "full", label: "everything" },
          ]}
        />
      </Stack>
      {draft.network === "allowlist" ? (
        <TagsInput
          label="Hosts it may reach"
          placeholder="pypi.org"
          value={draft.allow}
          onChange={(allow) => change({ allow })}
          error={mistakes.allow}
          splitChars={[",", " "]}
        />
      ) : null}
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        <Textarea
          label="Environment"
          placeholder="NAME=VALUE"
          value={draft.environment}
          onChange={(event) => change({ environment: event.currentTarget.value })}
          error={mistakes.environment}
          spellCheck={false}
        />
        <MultiSelect
          label="Secrets"
          description="Each enters as a variable of its name, and is blotted out of what is written."
          data={secrets}
          value={draft.secrets}
          onChange={(chosen) => change({ secrets: chosen })}
          disabled={secrets.length === 0}
          placeholder={secrets.length === 0 ? "The repository has none" : undefined}
        />
      </SimpleGrid>
      <TextInput
        label="Incident"
        description="That this session looks into."
        value={draft.incident}
        onChange={(event) => change({ incident: event.currentTarget.value })}
      />
    </Stack>
  );
}

type Numbers = "cpu" | "memory_mb" | "pids" | "disk_mb" | "timeout_s" | "idle_timeout_s" | "ttl_h" | "priority";
type AmountProps = {
  label: string;
  suffix?: string;
  name: Numbers;
  min?: number;
  max?: number;
  draft: Draft;
  change: FieldsProps["change"];
};

function Amount({ label, suffix, name, draft, change, min = 0, max }: AmountProps) {
  return (
    <NumberInput
      label={label}
      suffix={suffix}
      min={min}
      max={max}
      placeholder="as the hub has it"
      value={draft[name]}
      onChange={(value) => change({ [name]: typeof value === "number" ? value : value === "" ? "" : Number(value) })}
    />
  );
}
