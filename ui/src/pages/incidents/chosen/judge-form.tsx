import { Button, Group, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "~/api/client";
import { each } from "~/parts/each";
import { Outcomes } from "~/parts/outcomes";
import { useOutcomes } from "~/parts/use-outcomes";
import { type Incident, incident } from "../queries";
import { SEVERITIES, STATES } from "../search";
import { safeUrl } from "../steps";
import { type Judgement, wantedOf } from "./judgement";

type Props = { ids: string[]; listed: Incident[] };

const EMPTY: Judgement = { state: null, severity: null, cause: "", ticket: "", why: "", original: "" };

/** What is filled in is said of each of them; what is left empty stays as it is. */
export function JudgeForm({ ids, listed }: Props) {
  const queries = useQueryClient();
  const [draft, setDraft] = useState(EMPTY);
  const [outcomes, setOutcomes] = useOutcomes("judge");
  const set = (change: Partial<Judgement>) => setDraft({ ...draft, ...change });
  const wanted = wantedOf(draft);
  const isNoAddress = draft.ticket.trim() !== "" && safeUrl(draft.ticket.trim()) === null;
  const judge = async () => {
    const one = async (id: string) => {
      const seen = listed.find((known) => known.id === id) ?? (await queries.fetchQuery(incident(id)));
      const params = { path: { incident_id: id } };
      await answered(
        api.PATCH("/api/v1/incidents/{incident_id}", { params, body: { ...wanted, version: seen.version } }),
      );
      return seen.title;
    };
    await each(ids, one, setOutcomes);
    await queries.invalidateQueries({ queryKey: ["incidents"] });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void judge();
      }}
    >
      <Stack gap="sm">
        <Group grow>
          <Select
            label="State"
            placeholder="As it is"
            clearable
            data-autofocus
            data={STATES.map((value) => ({ value, label: value.replace("_", " ") }))}
            value={draft.state}
            onChange={(value) => set({ state: STATES.find((one) => one === value) ?? null })}
          />
          <Select
            label="Severity"
            placeholder="As it is"
            clearable
            data={[...SEVERITIES]}
            value={draft.severity}
            onChange={(value) => set({ severity: SEVERITIES.find((one) => one === value) ?? null })}
          />
        </Group>
        {draft.state === "duplicate" ? (
          <TextInput
            label="Which incident they repeat"
            placeholder="inc_…"
            required
            maxLength={2_000}
            value={draft.original}
            onChange={(event) => set({ original: event.currentTarget.value })}
          />
        ) : null}
        <Textarea
          label="Root cause"
          maxLength={10_000}
          value={draft.cause}
          onChange={(event) => set({ cause: event.currentTarget.value })}
        />
        <TextInput
          label="Ticket"
          type="url"
          placeholder="https://…"
          maxLength={2_000}
          error={isNoAddress ? "An address that begins with http:// or https://" : undefined}
          value={draft.ticket}
          onChange={(event) => set({ ticket: event.currentTarget.value })}
        />
        <Textarea
          label="Why"
          required={draft.state === "duplicate" || draft.state === "wont_fix"}
          maxLength={10_000}
          value={draft.why}
          onChange={(event) => set({ why: event.currentTarget.value })}
        />
        {outcomes === null ? null : <Outcomes outcomes={outcomes} />}
        <Group justify="flex-end">
          <Button
            type="submit"
            disabled={wanted === null || isNoAddress}
            loading={outcomes?.some((one) => one.state === "waiting")}
          >
            Judge them so
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
