import { Badge } from "@mantine/core";
import type { Model } from "~/api/client";
import classes from "./board/kanban.module.css";

/** A tag with its colour as a dot: words on a colour of somebody's choice could not be read. */
export function TagBadge({ tag }: { tag: Pick<Model<"Tag">, "name" | "colour"> }) {
  return (
    <Badge
      variant="outline"
      color="gray"
      tt="none"
      leftSection={<span className={classes.dot} style={{ background: tag.colour }} />}
    >
      {tag.name}
    </Badge>
  );
}
