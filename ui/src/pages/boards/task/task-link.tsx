import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { NO_TASK } from "./opened-task";

/** Opens another task of the same board where this page stands. */
export function TaskLink({ taskId, title }: { taskId: string; title: string }) {
  return (
    <Anchor
      size="sm"
      renderRoot={(props) => (
        <Link
          {...props}
          to="."
          search={((old: Record<string, unknown>) => ({ ...old, ...NO_TASK, task: taskId })) as never}
          resetScroll={false}
        />
      )}
    >
      {title}
    </Anchor>
  );
}
