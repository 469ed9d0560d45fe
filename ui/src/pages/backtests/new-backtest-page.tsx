import { Button, Code, Group, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import { answered, api } from "~/api/client";
import { toTend } from "~/api/rights";
import { plural } from "~/format/numbers";
import { DayField } from "~/parts/day-field";
import { Failure } from "~/parts/failure";
import { Page } from "~/parts/page";
import { Panel } from "~/parts/panel";
import { Permitted } from "~/parts/permitted";
import { Words } from "~/parts/words";
import { chosenBy, rulesOf } from "./rules";
import type { NewBacktestSearch } from "./search";

type Props = { search: NewBacktestSearch };

/** Rules, and the recordings to try them on. */
export function NewBacktestPage({ search }: Props) {
  return (
    <Page title="Try rules" up={{ to: "/recordings/backtests", title: "Backtests" }}>
      <Permitted to={toTend}>
        <Form search={search} />
      </Permitted>
    </Page>
  );
}

function Form({ search }: Props) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [typed, setTyped] = useState((search.rule ?? []).join("\n"));
  const [name, setName] = useState("");
  const { rules, problem } = rulesOf(typed);
  // The same form sent twice is one backtest.
  const once = useRef(crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`);
  const begin = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/backtests", {
          body: { triggers: rules, name: name.trim() || null, around_s: 5, ...chosenBy(search) },
          headers: { "Idempotency-Key": once.current },
        }),
      ),
    onError: () => {
      once.current = `${once.current}+`;
    },
    onSuccess: (made) => {
      void queries.invalidateQueries({ queryKey: ["backtests"] });
      void navigate({ to: "/recordings/backtests/$backtestId", params: { backtestId: made.id }, search: {} });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    begin.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md" maw={860}>
        <Panel title="Rules">
          <Textarea
            label="One in each line"
            placeholder="/speed.data > 9 for 0.5 s"
            description={
              <>
                As a recorder is given them: <Code>/speed.data &gt; 9 for 0.5 s</Code>, or a whole rule as JSON,{" "}
                <Code>{'{"kind": "dropout", "topic": "/scan", "max_gap_s": 1}'}</Code>
              </>
            }
            required
            minRows={3}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
            maxLength={20_000}
            error={problem}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </Panel>
        <Panel title="Recordings">
          <Where search={search} />
        </Panel>
        <TextInput
          label="Name"
          placeholder="What you want to know; the rules name it otherwise"
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {begin.isError ? <Failure error={begin.error} /> : null}
        <Group justify="flex-end">
          <Button type="submit" disabled={rules.length === 0 || problem !== null} loading={begin.isPending}>
            Try {rules.length > 1 ? "them" : "it"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Where({ search }: Props) {
  const navigate = useNavigate();
  const set = (change: NewBacktestSearch) =>
    void navigate({ to: "/recordings/backtests/new", search: { ...search, ...change }, replace: true });
  if (search.recording !== undefined) {
    return (
      <Group gap="sm">
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {plural(search.recording.length, "chosen recording")}: {search.recording.slice(0, 5).join(", ")}
          {search.recording.length > 5 ? " …" : ""}
        </Text>
        <Button variant="subtle" onClick={() => set({ recording: undefined })}>
          All that fit instead
        </Button>
      </Group>
    );
  }
  return (
    <Group gap="sm">
      <Words label="Robot" placeholder="Any robot" value={search.robot} onChange={(robot) => set({ robot })} />
      <Words label="Label" placeholder="Any label" value={search.label} onChange={(label) => set({ label })} />
      <DayField end="from" value={search.since} onChange={(since) => set({ since })} />
      <DayField end="to" value={search.until} onChange={(until) => set({ until })} />
    </Group>
  );
}
