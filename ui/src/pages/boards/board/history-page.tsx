import { Panel } from "~/parts/panel";
import { HistoryList } from "./history-list";
import { useOnBoard } from "./on-board";

/** Everything that happened on a board. */
export function BoardHistoryPage() {
  const { boardId } = useOnBoard();
  return (
    <Panel title="What happened here">
      <HistoryList boardId={boardId} />
    </Panel>
  );
}
