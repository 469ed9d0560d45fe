import { createContext, useContext } from "react";
import type { Refusal } from "~/api/rights";
import type { WhoAmI } from "~/api/session";
import type { Snapshot } from "../model/queries";

/** A board, whoever looks at it, and what they may not do there. */
export type OnBoard = {
  snapshot: Snapshot;
  boardId: string;
  me: WhoAmI | null;
  toWrite: Refusal;
  toArrange: Refusal;
};

export const OnBoardContext = createContext<OnBoard | null>(null);

export function useOnBoard(): OnBoard {
  const on = useContext(OnBoardContext);
  if (on === null) throw new Error("useOnBoard is for what stands on the page of a board");
  return on;
}
