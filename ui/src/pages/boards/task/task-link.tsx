import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";

/** Opens another task of the same board where this page stands. */
export function TaskLink({ taskId, title }: { taskId: string; title: string }) {
  return (
    <Anchor
      size="sm"
      renderRoot={(props) => (
        <Link
          {...props}
          to="."
          search={((old: Record<string, unknown>) => ({ ...old, task: taskId })) as never}
          resetScroll={false}
        />
      )}
    >
      {title}
    </Anchor>
  );
}
