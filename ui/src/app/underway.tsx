import { useRouterState } from "@tanstack/react-router";
import "./underway.css";

/** A line at the top once the next page lets one wait: the page before it stays until then, and looks as if nothing
 * had been pressed. */
export function Underway() {
  const isLoading = useRouterState({ select: (state) => state.isLoading });
  return isLoading ? <div className="underway" role="progressbar" aria-label="The page is loading" /> : null;
}
