import { createFileRoute } from "@tanstack/react-router";
import { oneOf, text } from "~/app/search";
import { BoardApprovalsPage, STATUSES } from "~/pages/boards/approvals/approvals-page";

export const Route = createFileRoute("/boards/$boardId/approvals")({
  validateSearch: (search) => ({ status: oneOf(search.status, STATUSES), approval: text(search.approval) }),
  component: function Approvals() {
    const { status, approval } = Route.useSearch();
    return <BoardApprovalsPage status={status} approvalId={approval} />;
  },
});
