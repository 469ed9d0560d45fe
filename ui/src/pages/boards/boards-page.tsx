import { Button, Group, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconPlus, IconSearch, IconShieldCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useWhoAmI } from "~/api/session";
import { Answer } from "~/parts/answer";
import { Command } from "~/parts/command";
import { Empty } from "~/parts/empty";
import { PageButton } from "~/parts/link";
import { Page } from "~/parts/page";
import { Panel } from "~/parts/panel";
import { ActButton } from "./act-button";
import { BoardTable } from "./board-table";
import { GroupForm } from "./group-form";
import { groups, overview } from "./model/queries";
import { toArrange } from "./model/rights";
import { NewBoard } from "./new-board";
import { Fields } from "./settings/fields";
import { Tags } from "./settings/tags";
import { useUrl } from "./use-url";

const TYPING_MS = 250;

/** Every board that somebody sees, by group, with how much waits on each. */
export function BoardsPage({ q, show }: { q?: string; show?: "labels" }) {
  const me = useWhoAmI();
  const refusal = toArrange(me);
  const [making, setMaking] = useState<"board" | "group" | null>(null);
  const url = useUrl();
  const search = useDebouncedCallback((text: string) => url({ q: text === "" ? undefined : text }), TYPING_MS);
  const close = () => setMaking(null);
  return (
    <Page
      title="Boards"
      actions={
        <>
          <PageButton to={"/boards/approvals" as string} variant="default" leftSection={<IconShieldCheck size={15} />}>
            Approvals
          </PageButton>
          <Button variant="default" onClick={() => url({ show: show === undefined ? "labels" : undefined }, "opens")}>
            {show === undefined ? "Tags and fields" : "Boards"}
          </Button>
          <ActButton variant="default" refusal={refusal} onAct={() => setMaking("group")}>
            New group
          </ActButton>
          <ActButton refusal={refusal} leftSection={<IconPlus size={15} />} onAct={() => setMaking("board")}>
            New board
          </ActButton>
        </>
      }
    >
      {making === "board" ? <NewBoard close={close} /> : null}
      {making === "group" ? <GroupForm close={close} /> : null}
      {show === "labels" ? (
        <Group align="stretch" gap="md" grow preventGrowOverflow={false} style={{ flexWrap: "wrap" }}>
          <Tags />
          <Fields />
        </Group>
      ) : (
        <>
          <TextInput
            aria-label="Search boards"
            placeholder="Search boards"
            leftSection={<IconSearch size={14} />}
            maw={280}
            mb="sm"
            defaultValue={q ?? ""}
            onChange={(event) => search(event.currentTarget.value)}
          />
          <All q={q} />
        </>
      )}
    </Page>
  );
}

function All({ q }: { q?: string }) {
  const boards = useQuery(overview(q));
  const grouped = useQuery(groups);
  return (
    <Answer query={boards}>
      {({ items }) => {
        if (items.length === 0) return q === undefined ? <First /> : <Empty title="No board of this name" />;
        const known = grouped.data?.items ?? [];
        const alone = items.filter(({ board }) => !known.some((group) => group.id === board.group_id));
        return (
          <>
            {known.map((group) => {
              const inGroup = items.filter(({ board }) => board.group_id === group.id);
              if (inGroup.length === 0 && q !== undefined) return null;
              return <BoardTable key={group.id} group={group} boards={inGroup} />;
            })}
            {alone.length === 0 ? null : <BoardTable boards={alone} />}
          </>
        );
      }}
    </Answer>
  );
}

const MAKE = `curl -X POST ${typeof window === "undefined" ? "" : window.location.origin}/api/v1/boards \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{"name": "Night shift", "require_approval_for_done": true}'`;

function First() {
  return (
    <Panel>
      <Empty title="No boards yet">
        People and agents work on incidents together on a board. Make one above, or from a terminal:
      </Empty>
      <Command text={MAKE} label="Copy the command" />
    </Panel>
  );
}
