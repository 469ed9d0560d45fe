import { Alert, Anchor, Button, Group, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import { useTend } from "~/api/rights";
import { PageLink } from "~/parts/link";
import { Overtaken } from "~/parts/overtaken";
import { Panel } from "~/parts/panel";
import { type Draft, useDraft } from "~/parts/use-draft";
import { usePageKeys } from "~/parts/use-page-keys";
import { type Conflict, useChange } from "./change";
import { idIn } from "./chosen/judgement";
import type { Incident } from "./queries";
import { SEVERITIES, type State } from "./search";
import { needsReason, safeUrl, stepsFrom } from "./steps";

type Changing = ReturnType<typeof useChange>;
type Props = { incident: Incident };
type Becoming = { become: State | undefined; of: string | undefined; onBecome: (state: State | undefined) => void };

/** What people decide about an incident: state, severity, cause, ticket. */
export function JudgementPanel({ incident, ...becoming }: Props & Becoming) {
  const changing = useChange(incident);
  const { change, conflict } = changing;
  const refusal = useTend();
  if (refusal !== null) return <Judged incident={incident} why={refusal} />;
  return (
    <Panel title="Judgement">
      <Stack gap="sm">
        {conflict === null ? null : (
          <SomebodyElse
            conflict={conflict}
            onAgain={() => change.mutate({ wanted: conflict.wanted })}
            onForget={changing.forget}
          />
        )}
        <StateForm key={incident.state} incident={incident} changing={changing} {...becoming} />
        <Select
          label="Severity"
          allowDeselect={false}
          data={[...SEVERITIES]}
          value={incident.severity}
          readOnly={change.isPending}
          onChange={(value) => {
            const severity = SEVERITIES.find((one) => one === value);
            if (severity !== undefined && severity !== incident.severity) change.mutate({ wanted: { severity } });
          }}
        />
        <RootCause incident={incident} changing={changing} />
        <Ticket incident={incident} changing={changing} />
      </Stack>
    </Panel>
  );
}

/** The same for who may only read it. */
function Judged({ incident, why }: Props & { why: string }) {
  const href = safeUrl(incident.ticket_url);
  return (
    <Panel title="Judgement">
      <Stack gap="xs">
        <Standing incident={incident} />
        <Text size="sm" style={{ whiteSpace: "pre-wrap" }}>
          {incident.root_cause ? `Root cause: ${incident.root_cause}` : "Nobody has written down the root cause yet."}
        </Text>
        {href === null ? null : <TicketLink href={href} />}
        <Quiet>{why}</Quiet>
      </Stack>
    </Panel>
  );
}

/** Why its state is what it is. */
function Standing({ incident }: Props) {
  return (
    <>
      {incident.reason === null ? null : <Quiet>{incident.reason}</Quiet>}
      {incident.duplicate_of === null ? null : (
        <Text size="sm">
          Repeats{" "}
          <PageLink to="/incidents/$incidentId" params={{ incidentId: incident.duplicate_of }} search={{}}>
            {incident.duplicate_of}
          </PageLink>
        </Text>
      )}
    </>
  );
}

type ElseProps = { conflict: Conflict; onAgain: () => void; onForget: () => void };

function SomebodyElse({ conflict, onAgain, onForget }: ElseProps) {
  return (
    <Alert color="yellow" role="alert" title="Somebody else was faster" withCloseButton onClose={onForget}>
      <Text size="sm">
        This incident was changed after you had read it, so that yours was not written. What you see now is the newer
        state.
      </Text>
      {conflict.others.map((line) => (
        <Text key={line} size="sm" ff="monospace">
          {line}
        </Text>
      ))}
      <Button mt="xs" variant="default" onClick={onAgain}>
        Change it all the same
      </Button>
    </Alert>
  );
}

function StateForm({ incident, changing, become, of, onBecome }: Props & Becoming & { changing: Changing }) {
  const steps = stepsFrom(incident.state);
  const wanted = become !== undefined && steps.includes(become) ? become : incident.state;
  const [reason, setReason] = useState("");
  const [typed, setOriginal] = useState<string | null>(null);
  const original = typed ?? of ?? "";
  const { change } = changing;
  const isMove = wanted !== incident.state;
  const isReasonNeeded = isMove && needsReason(incident.state, wanted);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const state = {
          state: wanted,
          reason: reason.trim() || null,
          ...(wanted === "duplicate" ? { duplicate_of: original.trim() } : {}),
        };
        change.mutate({ wanted: state }, { onSuccess: () => onBecome(undefined) });
      }}
    >
      <Stack gap="xs">
        <Select
          label="State"
          allowDeselect={false}
          data={[incident.state, ...steps].map((value) => ({
            value,
            label: value.replace("_", " "),
          }))}
          value={wanted}
          onChange={(value) => onBecome(steps.find((one) => one === value))}
        />
        {isMove ? null : <Standing incident={incident} />}
        {isMove && wanted === "duplicate" ? (
          <TextInput
            label="Which incident it repeats"
            placeholder="inc_…"
            required
            maxLength={100}
            value={original}
            onChange={(event) => setOriginal(idIn(event.currentTarget.value))}
          />
        ) : null}
        {isMove ? (
          <>
            <Textarea
              label="Why"
              required={isReasonNeeded}
              onKeyDown={submitted}
              maxLength={10_000}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={() => onBecome(undefined)}>
                Cancel
              </Button>
              <Button type="submit" loading={change.isPending}>
                Make it {wanted.replace("_", " ")}
              </Button>
            </Group>
          </>
        ) : null}
      </Stack>
    </form>
  );
}

function RootCause({ incident, changing }: Props & { changing: Changing }) {
  const draft = useDraft(incident.root_cause ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  usePageKeys([["r", () => field.current?.focus()]]);
  return (
    <Written draft={draft} changing={changing} field="root_cause">
      <Textarea
        ref={field}
        label="Root cause"
        placeholder="Why it happened, once it is known (r)"
        onKeyDown={submitted}
        maxLength={10_000}
        value={draft.text}
        onChange={(event) => draft.write(event.currentTarget.value)}
      />
    </Written>
  );
}

function Ticket({ incident, changing }: Props & { changing: Changing }) {
  const draft = useDraft(incident.ticket_url ?? "");
  const href = safeUrl(incident.ticket_url);
  const field = useRef<HTMLInputElement>(null);
  usePageKeys([["t", () => field.current?.focus()]]);
  const isWrong = draft.isChanged && safeUrl(draft.text.trim()) === null;
  return (
    <Written draft={draft} changing={changing} field="ticket_url" isWrong={isWrong}>
      <TextInput
        ref={field}
        label="Ticket"
        type="url"
        placeholder="https://… (t)"
        maxLength={2_000}
        error={isWrong && draft.text.trim() !== "" ? "An address that begins with http:// or https://" : undefined}
        value={draft.text}
        onChange={(event) => draft.write(event.currentTarget.value)}
      />
      {href === null || draft.isChanged ? null : <TicketLink href={href} />}
    </Written>
  );
}

function TicketLink({ href }: { href: string }) {
  return (
    <Anchor href={href} target="_blank" rel="noreferrer noopener" size="sm">
      Open {new URL(href).host}
    </Anchor>
  );
}

/** Ctrl or ⌘ with Enter says it, where Enter alone begins a line. */
function submitted(event: KeyboardEvent<HTMLTextAreaElement>): void {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  event.currentTarget.form?.requestSubmit();
}

type WrittenProps = {
  draft: Draft;
  changing: Changing;
  field: "root_cause" | "ticket_url";
  isWrong?: boolean;
  children: ReactNode;
};

function Written({ draft, changing, field, isWrong = false, children }: WrittenProps) {
  const text = draft.text.trim();
  const save = () => {
    if (isWrong || text === "" || !draft.isChanged || draft.wasOvertaken) return;
    changing.change.mutate({ wanted: { [field]: text } }, { onSuccess: draft.reset });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        // The keys of the page go on from here: what was written is said.
        event.currentTarget.querySelector<HTMLElement>("input, textarea")?.blur();
        save();
      }}
    >
      <Stack gap={6}>
        {children}
        {draft.wasOvertaken ? (
          <Overtaken draft={draft} />
        ) : draft.isChanged ? (
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={draft.reset}>
              Cancel
            </Button>
            <Button type="submit" disabled={isWrong || text === ""} loading={changing.change.isPending}>
              Save
            </Button>
          </Group>
        ) : null}
      </Stack>
    </form>
  );
}

function Quiet({ children }: { children: ReactNode }) {
  return (
    <Text size="sm" c="dimmed" style={{ whiteSpace: "pre-wrap" }}>
      {children}
    </Text>
  );
}
