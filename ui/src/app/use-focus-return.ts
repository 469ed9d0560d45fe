import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";

const DIALOG = "[role=dialog]";

/**
 * Dialogs come and go with the address, and take the focus with them: whoever closes one finds it where they opened it,
 * and goes on from there by keyboard.
 */
export function useFocusReturn(): void {
  const router = useRouter();
  useEffect(() => {
    let opener: HTMLElement | null = null;
    let wasIn = false;
    const follow = ({ target }: FocusEvent) => {
      if (!(target instanceof HTMLElement)) return;
      wasIn = target.closest(DIALOG) !== null;
      if (!wasIn) opener = target;
    };
    const giveBack = () => {
      if (!wasIn || document.activeElement !== document.body || document.querySelector(DIALOG) !== null) return;
      wasIn = false;
      if (opener?.isConnected === true) opener.focus({ preventScroll: true });
    };
    document.addEventListener("focusin", follow);
    const forget = router.subscribe("onResolved", ({ pathChanged }) => {
      // Not yet: what the dialog leaves behind is taken away with it.
      if (!pathChanged) requestAnimationFrame(giveBack);
    });
    return () => {
      document.removeEventListener("focusin", follow);
      forget();
    };
  }, [router]);
}
