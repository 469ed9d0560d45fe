import { ActionIcon, Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { asProblem } from "~/api/client";
import { useTend } from "~/api/rights";
import { Failure } from "~/parts/failure";
import { Panel } from "~/parts/panel";
import { say } from "~/parts/say";
import { useLive } from "../feed/feed-context";
import { askGuard } from "../guard-requests";
import { type Boundary, type Config, changesOf, configOf, type Draft, draftOf, readDraft } from "./changes";
import { Review } from "./review";

const NAME = /^[A-Za-z_][\w-]{0,99}$/;
type Props = { robotId: string; before: Boundary | null; version: number; isRemoval: boolean };
type Wanted = { name: string; before: Config | null; after: Config | null; version: number };

/** Types a boundary anew, shows what would be different, and gives it to the guard. */
export function BoundaryEditor({ robotId, before, version, isRemoval }: Props) {
  const { relayMode } = useLive();
  // What is edited was read at one version: the guard refuses it if somebody changed the boundaries since.
  const [base, setBase] = useState({ config: before === null ? null : configOf(before), version });
  const [name, setName] = useState(before?.name ?? "");
  const [draft, setDraft] = useState<Draft>(base.config === null ? [{ key: "type", text: "" }] : draftOf(base.config));
  const navigate = useNavigate({ from: "/robots/$robotId/live" });
  const setRemoval = (is: boolean) =>
    void navigate({ search: { tab: "boundaries", boundary: before?.name, remove: is || undefined }, replace: true });
  const applying = useApplying(robotId);
  const { config, problems } = readDraft(draft);
  const nameProblem =
    before === null && name !== "" && !NAME.test(name) ? "A name is a word: letters, digits, _ and -" : null;
  const after = isRemoval ? null : config;
  const changes = isRemoval || config !== null ? changesOf(base.config, after) : [];
  const refusal = useTend();
  const isClosed = refusal !== null || (relayMode !== null && relayMode !== "control");
  const current = before === null ? null : configOf(before);
  const isCurrent = config !== null && changesOf(current, config).length === 0;
  const isMoved = current !== null && !isCurrent && changesOf(base.config, current).length > 0;
  // Changes of other boundaries move the version too; and what was just applied is what holds now.
  if (current !== null && version !== base.version && !isMoved) setBase({ config: current, version });
  const startAnew = () => {
    if (before === null) return;
    setBase({ config: configOf(before), version });
    setDraft(draftOf(configOf(before)));
    setRemoval(false);
    applying.reset();
  };
  return (
    <Panel title={before?.name ?? "A new boundary"}>
      <Stack gap="xs">
        {isClosed ? (
          <Alert color="gray" title="To read only">
            {refusal ??
              "This robot lets the hub watch and stop it. relay: control in its recorder's settings lets it change boundaries."}
          </Alert>
        ) : null}
        {isMoved ? (
          <Alert color="yellow" role="alert" title="Somebody has changed this boundary since">
            <Button variant="default" onClick={startAnew}>
              Begin again from how it is now
            </Button>
          </Alert>
        ) : null}
        {before === null ? (
          <TextInput
            label="Name"
            value={name}
            error={nameProblem}
            onChange={(event) => setName(event.currentTarget.value)}
            maw={320}
          />
        ) : null}
        <Fields draft={draft} problems={problems} onChange={setDraft} disabled={isRemoval || refusal !== null} />
        {problems[-1] === undefined ? null : (
          <Text size="sm" c="red">
            {problems[-1]}
          </Text>
        )}
        {changes.length === 0 ? null : (
          <Review title={isRemoval ? `${name} would be removed` : "What would change"} changes={changes} />
        )}
        {applying.isError ? <Failure error={applying.error} /> : null}
        <Group gap="xs">
          <Button
            disabled={changes.length === 0 || isClosed || nameProblem !== null || name === ""}
            loading={applying.isPending}
            onClick={() => applying.mutate({ name, before: base.config, after, version: base.version })}
          >
            {isRemoval ? "Remove it from the robot" : "Apply to the robot"}
          </Button>
          {changes.length > 0 && before !== null ? (
            <Button variant="default" onClick={startAnew}>
              Discard
            </Button>
          ) : null}
          {before === null || isRemoval ? null : (
            <Button variant="subtle" color="red" onClick={() => setRemoval(true)} disabled={isClosed}>
              Remove …
            </Button>
          )}
        </Group>
      </Stack>
    </Panel>
  );
}

function useApplying(robotId: string) {
  const queries = useQueryClient();
  const navigate = useNavigate({ from: "/robots/$robotId/live" });
  return useMutation({
    mutationFn: ({ name, before, after, version }: Wanted) => {
      const path = before === null ? "/api/boundaries" : `/api/boundaries/${name}`;
      const method = after === null ? "DELETE" : before === null ? "POST" : "PUT";
      const body = after === null ? undefined : before === null ? { name, ...after } : after;
      return askGuard<unknown>(robotId, { method, path, body, if_match: version });
    },
    onSuccess: async (_, { name, after }) => {
      say(after === null ? `${name} holds no more.` : `${name} holds from the next cycle on.`);
      await queries.invalidateQueries({ queryKey: ["live", robotId, "boundaries"] });
      await navigate({ search: { tab: "boundaries", boundary: after === null ? undefined : name } });
    },
    onError: (error) => {
      // Somebody else was faster: what holds now is shown beside what was typed.
      if (asProblem(error).status === 409)
        void queries.invalidateQueries({ queryKey: ["live", robotId, "boundaries"] });
    },
  });
}

type FieldsProps = {
  draft: Draft;
  problems: Record<number, string>;
  onChange: (draft: Draft) => void;
  disabled: boolean;
};

function Fields({ draft, problems, onChange, disabled }: FieldsProps) {
  const set = (line: number, change: Partial<Draft[number]>) =>
    onChange(draft.map((one, place) => (place === line ? { ...one, ...change } : one)));
  return (
    <Stack gap={6}>
      {draft.map(({ key, text }, line) => (
        <Group key={line} gap={6} align="start" wrap="nowrap">
          <TextInput
            aria-label={`Key ${line + 1}`}
            value={key}
            disabled={disabled || key === "type"}
            onChange={(event) => set(line, { key: event.currentTarget.value })}
            w={{ base: 120, sm: 180 }}
          />
          <TextInput
            aria-label={key === "" ? `Value ${line + 1}` : key}
            value={text}
            disabled={disabled}
            error={problems[line]}
            onChange={(event) => set(line, { text: event.currentTarget.value })}
            style={{ flex: 1 }}
          />
          <ActionIcon
            aria-label={`Remove ${key || "this key"}`}
            disabled={disabled || key === "type"}
            onClick={() => onChange(draft.filter((_, place) => place !== line))}
          >
            <IconX size={16} />
          </ActionIcon>
        </Group>
      ))}
      <Button
        variant="subtle"
        w="fit-content"
        disabled={disabled}
        onClick={() => onChange([...draft, { key: "", text: "" }])}
      >
        Add a key
      </Button>
    </Stack>
  );
}
