import { useHotkeys } from "@mantine/hooks";
import { lazy, Suspense } from "react";
import { useInUrl } from "~/parts/use-in-url";

const Finder = lazy(() => import("./finder/finder"));

/** What is typed into the palette, as the URL has it; undefined while it is closed. */
export function usePalette() {
  return useInUrl("palette");
}

/** The command palette: any robot, recording, incident or task, and the commonest actions. Loaded when first opened. */
export function Palette() {
  const [typed, set] = usePalette();
  // Pressed again it stays as it is, with what was typed.
  const open = () => typed === undefined && set("", "opens");
  useHotkeys([
    ["mod+K", open, { preventDefault: true }],
    ["/", open, { preventDefault: true }],
  ]);
  if (typed === undefined) return null;
  return (
    <Suspense fallback={null}>
      <Finder words={typed} onWords={(words) => set(words ?? "")} close={() => set(undefined, "closes")} />
    </Suspense>
  );
}
