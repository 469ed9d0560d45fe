import { createFileRoute } from "@tanstack/react-router";
import { oneOf, text } from "~/app/search";
import { BoardApprovalsPage } from "~/pages/boards/approvals/approvals-page";
import { STATUSES } from "~/pages/boards/approvals/statuses";

export const Route = createFileRoute("/boards/$boardId/approvals")({
  validateSearch: (search) => ({ status: oneOf(search.status, STATUSES), approval: text(search.approval) }),
  component: function Approvals() {
    const { status, approval } = Route.useSearch();
    return <BoardApprovalsPage status={status} approvalId={approval} />;
  },
});
