import { useHotkeys } from "@mantine/hooks";
import { lazy, Suspense, useSyncExternalStore } from "react";

const Finder = lazy(() => import("./finder/finder"));
const listeners = new Set<() => void>();
let opened = false;

function set(value: boolean): void {
  opened = value;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function openPalette(): void {
  set(true);
}

export function closePalette(): void {
  set(false);
}

/** The command palette: any robot, recording, incident or task, and the commonest actions. Loaded when first opened. */
export function Palette() {
  const isOpen = useSyncExternalStore(subscribe, () => opened);
  useHotkeys([
    ["mod+K", openPalette, { preventDefault: true }],
    ["/", openPalette, { preventDefault: true }],
  ]);
  if (!isOpen) return null;
  return (
    <Suspense fallback={null}>
      <Finder close={closePalette} />
    </Suspense>
  );
}
