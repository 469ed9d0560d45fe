import { ActionIcon, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { LANES } from "../model/lanes";
import type { TaskCard } from "../model/queries";
import { useHolding } from "../task/use-holding";
import { useMoving } from "./moving";
import { useOnBoard } from "./on-board";

/** Everything that dragging does, and claiming, for keyboards and fingers. */
export function TaskMenu({ task, title }: { task: TaskCard; title: string }) {
  const { toWrite } = useOnBoard();
  const { move } = useMoving();
  const { claim, release } = useHolding(task);
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon size="sm" aria-label={`Move or claim ${title}`} title="Move, claim, release">
          <IconDots size={15} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {toWrite === null ? null : <Menu.Label maw={240}>{toWrite}</Menu.Label>}
        {LANES.filter(({ status }) => status !== task.status).map(({ status, title }) => (
          <Menu.Item key={status} disabled={toWrite !== null} onClick={() => move(task, status)}>
            Move to {title.toLowerCase()}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item disabled={toWrite !== null} onClick={() => claim.mutate()}>
          Claim
        </Menu.Item>
        <Menu.Item disabled={toWrite !== null || task.assigned_id === null} onClick={() => release.mutate()}>
          Release
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
