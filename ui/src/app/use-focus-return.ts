import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";

const DIALOG = "[role=dialog]";

/**
 * Dialogs come and go, most of them with the address, and take the focus with them: whoever closes one finds it where they opened it,
 * and goes on from there by keyboard.
 */
export function useFocusReturn(): void {
  const router = useRouter();
  useEffect(() => {
    // The page and each dialog over it: where the focus was in it last.
    const last = new WeakMap<Element, HTMLElement>();
    let layer: Element = document.body;
    const follow = ({ target }: FocusEvent) => {
      if (!(target instanceof HTMLElement)) return;
      layer = target.closest(DIALOG) ?? document.body;
      last.set(layer, target);
    };
    const giveBack = () => {
      if (layer.isConnected || document.activeElement !== document.body) return;
      layer = [...document.querySelectorAll(DIALOG)].at(-1) ?? document.body;
      const opener = last.get(layer);
      if (opener?.isConnected === true) opener.focus({ preventScroll: true });
    };
    // Not yet: what the dialog leaves behind is taken away with it.
    const later = () => void requestAnimationFrame(giveBack);
    document.addEventListener("focusin", follow);
    // Some are closed by their button alone, such as what shows a secret once.
    document.addEventListener("click", later);
    const forget = router.subscribe("onResolved", ({ pathChanged }) => {
      if (!pathChanged) later();
    });
    return () => {
      document.removeEventListener("focusin", follow);
      document.removeEventListener("click", later);
      forget();
    };
  }, [router]);
}
