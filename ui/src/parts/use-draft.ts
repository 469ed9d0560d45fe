import { useState } from "react";

export type Draft = ReturnType<typeof useDraft>;

/**
 * A text that is being written over one that may change meanwhile. `wasOvertaken` says that somebody else wrote
 * something else since the writing began: what was written is kept, and nothing is overwritten unseen.
 */
export function useDraft(saved: string) {
  const [draft, setDraft] = useState<{ text: string; base: string } | null>(null);
  return {
    text: draft?.text ?? saved,
    isChanged: draft !== null && draft.text !== saved,
    wasOvertaken: draft !== null && draft.base !== saved && draft.text !== saved,
    write: (text: string) => setDraft((before) => ({ text, base: before?.base ?? saved })),
    /** The newer text was seen: what is written now is meant instead of it. */
    accept: () => setDraft((before) => (before === null ? null : { ...before, base: saved })),
    reset: () => setDraft(null),
  };
}
