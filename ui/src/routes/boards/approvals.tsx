import { createFileRoute } from "@tanstack/react-router";
import { oneOf, text } from "~/app/search";
import { AllApprovalsPage } from "~/pages/boards/approvals/approvals-page";
import { STATUSES } from "~/pages/boards/approvals/statuses";

export const Route = createFileRoute("/boards/approvals")({
  validateSearch: (search) => ({
    status: oneOf(search.status, ["all", ...STATUSES]),
    approval: text(search.approval),
    board: text(search.board),
  }),
  component: function Approvals() {
    const { status, approval, board } = Route.useSearch();
    return <AllApprovalsPage status={status} approvalId={approval} boardId={board} />;
  },
});
