import { Button, Modal, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { Confirm } from "./confirm";
import { Failure } from "./failure";
import { FormEnd } from "./form-end";

type Sending = { mutate: () => void; isPending: boolean; error: unknown };

type Props = {
  title: string;
  close: () => void;
  /** What submitting does, and what its button says. */
  saving: Sending;
  act: string;
  isIncomplete?: boolean;
  /** What takes it away; for what is there already. */
  removing?: Sending & { question: string; consequence: string };
  /** Other things that can be done with it, such as giving it a new secret. */
  more?: Sending & { act: string };
  size?: string;
  children: ReactNode;
};

/** Makes or changes one thing over the page it is listed on; what the hub refuses is said where it was asked for. */
export function FormDialog({ title, close, saving, act, isIncomplete, removing, more, size, children }: Props) {
  const problem = saving.error ?? removing?.error ?? more?.error ?? null;
  return (
    <Modal opened onClose={close} title={title} size={size}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <Stack gap="sm">
          {children}
          {problem === null ? null : <Failure error={problem} />}
          <FormEnd cancel={close} act={act} isPending={saving.isPending} isIncomplete={isIncomplete}>
            {removing === undefined ? null : (
              <Confirm
                question={removing.question}
                consequence={removing.consequence}
                onConfirm={() => removing.mutate()}
              >
                Delete
              </Confirm>
            )}
            {more === undefined ? null : (
              <Button variant="default" loading={more.isPending} onClick={() => more.mutate()}>
                {more.act}
              </Button>
            )}
          </FormEnd>
        </Stack>
      </form>
    </Modal>
  );
}
