import type { NotificationData } from "@mantine/notifications";
import { asProblem } from "~/api/client";

/** Tells in the corner that something was done. */
export function say(message: string): void {
  void show({ message, autoClose: 4_000 });
}

/** Tells in the corner why something was not done; with its code and request, to be asked about. */
export function sayProblem(error: unknown): void {
  const problem = asProblem(error);
  const trail = problem.requestId === null ? problem.code : `${problem.code}, request ${problem.requestId}`;
  void show({
    color: "red",
    title: problem.detail,
    message: problem.status > 0 ? trail : "",
    autoClose: 12_000,
    role: "alert",
  });
}

async function show(notice: NotificationData): Promise<void> {
  const { notifications } = await import("@mantine/notifications");
  notifications.show(notice);
}
