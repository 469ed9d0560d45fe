import type { Refusal } from "~/api/rights";
import type { WhoAmI } from "~/api/session";
import type { Approval } from "./queries";

type Me = Pick<WhoAmI, "user_id"> | null | undefined;

export function toWrite(board: { can_write: boolean }, me: Me): Refusal {
  if (!me) return "Sign in to change anything here.";
  return board.can_write
    ? null
    : "You may look at this board and not change it; ask an admin of the organization for access.";
}

export function isMine(who: { kind: string; id: string }, me: Me): boolean {
  return me !== null && me !== undefined && who.kind === "person" && who.id === me.user_id;
}

type Decided = Pick<Approval, "status" | "requested_by_kind" | "requested_by_id" | "void_reason">;

export function toDecide(
  approval: Decided,
  board: { can_write: boolean; allow_deciding_own_requests: boolean },
  me: Me,
): Refusal {
  const closed = whyClosed(approval);
  if (closed !== null) return closed;
  const own = isMine({ kind: approval.requested_by_kind, id: approval.requested_by_id }, me);
  if (own && !board.allow_deciding_own_requests) {
    return "You asked for this approval yourself; somebody else decides it, unless the board allows otherwise.";
  }
  return toWrite(board, me);
}

// Whether it has expired the hub says: the clock of a browser may be wrong.
function whyClosed(approval: Decided): Refusal {
  if (approval.status === "voided") return `This approval is void: ${approval.void_reason ?? "it changed"}.`;
  if (approval.status === "expired") return "This approval has expired; ask for a new one.";
  if (approval.status !== "pending") return `This approval is ${approval.status} already.`;
  return null;
}
