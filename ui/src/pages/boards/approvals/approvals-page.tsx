import { Box, SegmentedControl, Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { useShown } from "~/parts/listed";
import { More } from "~/parts/more";
import { Page } from "~/parts/page";
import { Panel } from "~/parts/panel";
import { useUrl } from "~/parts/use-url";
import { useOnBoard } from "../board/on-board";
import { allApprovals, boardApprovals } from "../model/queries";
import { ApprovalDetail } from "./approval-detail";
import { ApprovalList } from "./approval-list";
import classes from "./approvals.module.css";
import { STATUSES, type Status } from "./statuses";

/** The approvals of one board: those that wait, and all that were ever decided. */
export function BoardApprovalsPage({ status, approvalId }: { status?: Status; approvalId?: string }) {
  const { boardId } = useOnBoard();
  const url = useUrl();
  const found = useShown(useInfiniteQuery(boardApprovals(boardId, { status })));
  return (
    <>
      <Choice
        value={status ?? "all"}
        choices={["all", ...STATUSES]}
        change={(value) => url({ status: value === "all" ? undefined : value, shown: undefined })}
      />
      <Panes
        isEmpty={found.data?.first.total === 0}
        detail={approvalId === undefined ? null : <ApprovalDetail boardId={boardId} approvalId={approvalId} />}
      >
        <Answer query={found}>
          {({ items, first }) => (
            <>
              <ApprovalList approvals={items} openedId={approvalId} />
              <More of={found} />
              {first.total === 0 ? <NoneHere isWaiting={status === "pending"} /> : null}
            </>
          )}
        </Answer>
      </Panes>
    </>
  );
}

type AllProps = { status?: Status | "all"; approvalId?: string; boardId?: string };

/** The approvals of every board; first of all those that wait for whoever looks. */
export function AllApprovalsPage({ status, approvalId, boardId }: AllProps) {
  const url = useUrl();
  const sought = status === undefined ? { waiting_for_me: true } : status === "all" ? {} : { status };
  const found = useShown(useInfiniteQuery(allApprovals(sought)));
  const isOpened = approvalId !== undefined && boardId !== undefined;
  return (
    <Page title="Approvals" up={{ to: "/boards", title: "Boards" }}>
      <Choice
        value={status ?? "for me"}
        choices={["for me", "all", ...STATUSES]}
        change={(value) => url({ status: value === "for me" ? undefined : value, shown: undefined })}
      />
      <Panes
        isEmpty={found.data?.first.total === 0}
        detail={isOpened ? <ApprovalDetail boardId={boardId} approvalId={approvalId} /> : null}
      >
        <Answer query={found}>
          {({ items, first }) => (
            <>
              <ApprovalList approvals={items} openedId={approvalId} />
              <More of={found} />
              {first.total === 0 ? <NoneHere isWaiting={status === undefined} /> : null}
            </>
          )}
        </Answer>
      </Panes>
    </Page>
  );
}

type ChoiceProps = { value: string; choices: string[]; change: (value: string) => void };

/** All of them beside each other, where there is room for that. */
function Choice({ value, choices, change }: ChoiceProps) {
  const which = {
    "aria-label": "Which approvals",
    value,
    data: choices.map((one) => ({ value: one, label: one[0]?.toUpperCase() + one.slice(1) })),
  };
  return (
    <Box mb="sm">
      <SegmentedControl {...which} onChange={change} visibleFrom="sm" />
      <Select {...which} onChange={(one) => one !== null && change(one)} allowDeselect={false} hiddenFrom="sm" />
    </Box>
  );
}

function Panes({ children, detail, isEmpty }: { children: ReactNode; detail: ReactNode; isEmpty: boolean }) {
  return (
    <Box className={classes.panes} data-opened={detail === null ? undefined : true}>
      <Panel flush>{children}</Panel>
      {detail ??
        (isEmpty ? null : (
          <Box visibleFrom="md">
            <Empty title="Choose an approval to see what exactly is asked" />
          </Box>
        ))}
    </Box>
  );
}

function NoneHere({ isWaiting }: { isWaiting: boolean }) {
  return isWaiting ? (
    <Empty title="Nothing waits for you">
      Agents and people ask for approvals of their tasks; they come here by themselves.
    </Empty>
  ) : (
    <Empty title="No approvals">A board that asks for an approval before a task is done has them here.</Empty>
  );
}
