import { lazy, Suspense } from "react";

// Nothing is said before the first page is there: the corner where it is said comes after it.
const Corner = lazy(async () => {
  const [{ Notifications }] = await Promise.all([
    import("@mantine/notifications"),
    import("@mantine/notifications/styles.css"),
  ]);
  return { default: Notifications };
});

/** The corner in which `parts/say` tells what was done, or why not. */
export function Notices() {
  return (
    <Suspense fallback={null}>
      <Corner position="bottom-right" />
    </Suspense>
  );
}
