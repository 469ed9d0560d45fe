import { Badge, Box } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { toAdminister } from "~/api/rights";
import { useWhoAmI } from "~/api/session";
import { Answer } from "~/parts/answer";
import { centre } from "~/parts/centred";
import { Mark } from "~/parts/marks";
import { Page } from "~/parts/page";
import { type Snapshot, snapshot } from "../model/queries";
import { toWrite } from "../model/rights";
import type { AskedFirst, OpenedTask } from "../task/opened-task";
import { TaskDrawer } from "../task/task-drawer";
import classes from "./board-layout.module.css";
import { MovingTasks } from "./moving";
import { OnBoardContext } from "./on-board";

const TABS: { path: string; title: string; count?: (board: Snapshot) => number }[] = [
  { path: "", title: "Tasks" },
  { path: "approvals", title: "Approvals", count: (board) => board.counts.pending_approvals },
  { path: "memory", title: "Memory" },
  { path: "agents", title: "Agents", count: (board) => board.counts.agents },
  { path: "webhooks", title: "Webhooks" },
  { path: "incidents", title: "Incidents" },
  { path: "history", title: "History" },
  { path: "settings", title: "Rules" },
];

type Props = { boardId: string; opened: OpenedTask; asked: AskedFirst };

/** What all pages of a board share: its name, its places, and the task that is opened over them. */
export function BoardLayout({ boardId, opened, asked }: Props) {
  const me = useWhoAmI();
  const board = useQuery(snapshot(boardId));
  return (
    <Page
      title={board.data?.board.name ?? "Board"}
      up={{ to: "/boards", title: "Boards" }}
      marks={board.data === undefined || board.data.can_write ? null : <Mark of="read only" />}
    >
      <Answer query={board}>
        {(found) => {
          const on = {
            snapshot: found,
            boardId,
            me: me ?? null,
            toWrite: toWrite(found, me),
            toArrange: toAdminister(me),
          };
          return (
            <OnBoardContext value={on}>
              <MovingTasks asked={asked}>
                <Places boardId={boardId} board={found} />
                <Outlet />
                {opened.task === undefined ? null : <TaskDrawer taskId={opened.task} opened={opened} />}
              </MovingTasks>
            </OnBoardContext>
          );
        }}
      </Answer>
    </Page>
  );
}

function Places({ boardId, board }: { boardId: string; board: Snapshot }) {
  const path = useLocation({ select: (location) => location.pathname });
  const root = `/boards/${boardId}`;
  const here = TABS.find((tab) => tab.path !== "" && path.startsWith(`${root}/${tab.path}`))?.path ?? "";
  return (
    <Box component="nav" aria-label="Places of this board" className={classes.places}>
      {TABS.map(({ path: one, title, count }) => (
        <PlaceLink key={one} to={one === "" ? root : `${root}/${one}`} isHere={one === here}>
          {title}
          {count !== undefined && count(board) > 0 ? (
            <Badge ml={6} style={{ flexShrink: 0 }} color={one === "approvals" ? "yellow" : "gray"}>
              {count(board)}
            </Badge>
          ) : null}
        </PlaceLink>
      ))}
    </Box>
  );
}

function PlaceLink({ to, isHere, children }: { to: string; isHere: boolean; children: ReactNode }) {
  const link = useRef<HTMLAnchorElement>(null);
  // On a phone not all places fit; the present one is among those that show.
  useEffect(() => {
    if (isHere) centre(link.current?.parentElement, link.current);
  }, [isHere]);
  return (
    <Link
      ref={link}
      to={to as string}
      activeOptions={{ exact: true }}
      aria-current={isHere ? "page" : undefined}
      className={classes.place}
    >
      {children}
    </Link>
  );
}
