import { notifications } from "@mantine/notifications";
import { asProblem } from "~/api/client";

/** Tells in the corner that something was done. */
export function say(message: string): void {
  notifications.show({ message, autoClose: 4_000 });
}

/** Tells in the corner why something was not done; with its code and request, to be asked about. */
export function sayProblem(error: unknown): void {
  const problem = asProblem(error);
  const trail = problem.requestId === null ? problem.code : `${problem.code}, request ${problem.requestId}`;
  notifications.show({
    color: "red",
    title: problem.detail,
    message: problem.status > 0 ? trail : "",
    autoClose: 12_000,
    role: "alert",
  });
}
