import {
  Button,
  Group,
  MultiSelect,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  TagsInput,
  TextInput,
} from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { sayProblem } from "~/parts/say";
import type { Destination } from "./queries";

const KINDS = [
  "incident.opened",
  "incident.changed",
  "recording.damaged",
  "robot.health_changed",
  "robot.delivery_failing",
  "robot.delivery_recovered",
  "robot.appeared",
  "robot.enrolled",
  "robot.retired",
];
const STATES = ["open", "investigating", "mitigated", "resolved", "duplicate", "wont_fix"];
const SEVERITIES = ["low", "medium", "high", "critical"];
type Filters = Model<"Filters">;

type Props = { known: Destination | undefined; onDone: (secret: string | null) => void };

/** Where to tell, and what; an address that is kept already is only sent when it is written anew. */
export function DestinationForm({ known, onDone }: Props) {
  const queries = useQueryClient();
  const [kind, setKind] = useState(known?.kind ?? "webhook");
  const [name, setName] = useState(known?.name ?? "");
  const [url, setUrl] = useState("");
  const [recipients, setRecipients] = useState(known?.recipients ?? []);
  const [filters, setFilters] = useState<Filters>(known?.filters ?? {});
  const save = useMutation({
    mutationFn: async (): Promise<string | null> => {
      const address = kind === "email" ? { recipients } : url === "" ? {} : { url };
      if (known !== undefined) {
        await answered(
          api.PATCH("/api/v1/notifications/destinations/{destination_id}", {
            params: { path: { destination_id: known.id } },
            body: { version: known.version, name, filters, ...address },
          }),
        );
        return null;
      }
      const body = { kind, name, enabled: true, filters, ...address } as Model<"NewDestination">;
      const made = await answered(api.POST("/api/v1/notifications/destinations", { body }));
      return made.secret ?? null;
    },
    onSuccess: async (secret) => {
      await queries.invalidateQueries({ queryKey: ["notifications"] });
      onDone(secret);
    },
    onError: async (error) => {
      sayProblem(error);
      await queries.invalidateQueries({ queryKey: ["notifications"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {known === undefined ? (
          <SegmentedControl
            aria-label="Kind"
            value={kind}
            onChange={(chosen) => setKind(chosen as Destination["kind"])}
            data={[
              { value: "webhook", label: "Webhook" },
              { value: "slack", label: "Slack or compatible" },
              { value: "email", label: "Mail" },
            ]}
          />
        ) : null}
        <TextInput
          label="Name"
          required
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        {kind === "email" ? (
          <TagsInput
            label="Recipients"
            required
            value={recipients}
            onChange={setRecipients}
            splitChars={[",", " "]}
            acceptValueOnBlur
          />
        ) : (
          <TextInput
            label="Address"
            type="url"
            required={known === undefined}
            placeholder={known?.address ?? "https://example.com/hooks/pilothouse"}
            description={known === undefined ? undefined : "Leave it empty to keep the one there is."}
            value={url}
            onChange={(event) => setUrl(event.currentTarget.value)}
          />
        )}
        <FilterFields filters={filters} change={(more) => setFilters((before) => ({ ...before, ...more }))} />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {known === undefined ? "Add" : "Save"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function FilterFields({ filters, change }: { filters: Filters; change: (more: Partial<Filters>) => void }) {
  return (
    <>
      <MultiSelect
        label="Tell of"
        placeholder={(filters.kinds ?? []).length === 0 ? "everything" : undefined}
        data={KINDS}
        value={filters.kinds ?? []}
        onChange={(kinds) => change({ kinds: kinds as Filters["kinds"] })}
        clearable
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Select
          label="Incidents from this severity on"
          placeholder="any"
          clearable
          data={SEVERITIES}
          value={filters.min_severity ?? null}
          onChange={(severity) => change({ min_severity: severity as Filters["min_severity"] })}
        />
        <MultiSelect
          label="Changes to these states"
          placeholder={(filters.incident_states ?? []).length === 0 ? "any" : undefined}
          data={STATES}
          value={filters.incident_states ?? []}
          onChange={(states) => change({ incident_states: states as Filters["incident_states"] })}
        />
        <TagsInput
          label="Only these robots"
          placeholder={(filters.robot_ids ?? []).length === 0 ? "all" : undefined}
          value={filters.robot_ids ?? []}
          onChange={(robot_ids) => change({ robot_ids })}
          acceptValueOnBlur
        />
        <TagsInput
          label="Only these sites"
          placeholder={(filters.sites ?? []).length === 0 ? "all" : undefined}
          value={filters.sites ?? []}
          onChange={(sites) => change({ sites })}
          acceptValueOnBlur
        />
      </SimpleGrid>
    </>
  );
}
