import { Button, SimpleGrid } from "@mantine/core";
import { IconPlus, IconShieldCheck } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { toAdminister } from "~/api/rights";
import { useWhoAmI } from "~/api/session";
import { ActButton } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Command } from "~/parts/command";
import { Empty } from "~/parts/empty";
import { PageButton } from "~/parts/link";
import { useEverything, useShown } from "~/parts/listed";
import { More } from "~/parts/more";
import { Page } from "~/parts/page";
import { Panel } from "~/parts/panel";
import { useUrl } from "~/parts/use-url";
import { Words } from "~/parts/words";
import { BoardTable } from "./board-table";
import { GroupForm } from "./group-form";
import { groups, overview } from "./model/queries";
import { NewBoard } from "./new-board";
import { Fields } from "./settings/fields";
import { Tags } from "./settings/tags";

export type BoardsSearch = {
  q?: string;
  show?: "labels";
  make?: "board" | "group";
  /** The group, tag or field that is changed; of tags and fields empty for a new one. */
  group?: string;
  tag?: string;
  field?: string;
};

/** Every board that somebody sees, by group, with how much waits on each. */
export function BoardsPage({ search }: { search: BoardsSearch }) {
  const { q, show, make } = search;
  const me = useWhoAmI();
  const refusal = toAdminister(me);
  const url = useUrl();
  const close = () => url({ make: undefined }, "closes");
  return (
    <Page
      title={show === "labels" ? "Tags and fields" : "Boards"}
      up={show === "labels" ? { to: "/boards", title: "Boards" } : undefined}
      actions={
        <>
          <PageButton to={"/boards/approvals" as string} variant="default" leftSection={<IconShieldCheck size={15} />}>
            Approvals
          </PageButton>
          {show === undefined ? (
            <Button variant="default" onClick={() => url({ show: "labels" }, "opens")}>
              Tags and fields
            </Button>
          ) : null}
          <ActButton variant="default" refusal={refusal} onAct={() => url({ make: "group" }, "opens")}>
            New group
          </ActButton>
          <ActButton
            refusal={refusal}
            leftSection={<IconPlus size={15} />}
            onAct={() => url({ make: "board" }, "opens")}
          >
            New board
          </ActButton>
        </>
      }
    >
      {make === "board" ? <NewBoard close={close} /> : null}
      {make === "group" ? <GroupForm close={close} /> : null}
      {show === "labels" ? (
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Tags edit={search.tag} />
          <Fields edit={search.field} />
        </SimpleGrid>
      ) : (
        <>
          <Words
            label="Search boards"
            value={q}
            onChange={(words) => url({ q: words, shown: undefined })}
            maw={280}
            mb="sm"
          />
          <All q={q} editedGroup={search.group} />
        </>
      )}
    </Page>
  );
}

function All({ q, editedGroup }: { q?: string; editedGroup?: string }) {
  const boards = useShown(useInfiniteQuery(overview({ q })));
  const grouped = useEverything(useInfiniteQuery(groups));
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
              return <BoardTable key={group.id} group={group} boards={inGroup} isEditing={group.id === editedGroup} />;
            })}
            {alone.length === 0 ? null : <BoardTable boards={alone} />}
            <More of={boards} />
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
        People and agents work on incidents together on a board. Make one above, or from a terminal with a token of
        yours in TOKEN:
      </Empty>
      <Command text={MAKE} label="Copy the command" />
    </Panel>
  );
}
