import { Button, type ButtonProps, Group, Modal, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";
import type { Refusal } from "~/api/rights";
import { ActButton } from "./act-button";

type Props = ButtonProps & {
  children: ReactNode;
  question: string;
  consequence: string;
  onConfirm: () => void;
  /** Why it cannot be done; null when it can. */
  refusal?: Refusal;
};

/** A button for what cannot be taken back: it says what will happen, and asks; only what then does it is red. */
export function Confirm({ children, question, consequence, onConfirm, ...button }: Props) {
  const [opened, { open, close }] = useDisclosure(false);
  const act = () => {
    close();
    onConfirm();
  };
  return (
    <>
      <ActButton variant="default" {...button} onAct={open}>
        {children}
      </ActButton>
      <Modal opened={opened} onClose={close} title={question}>
        <Text size="sm">{consequence}</Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close} data-autofocus>
            Cancel
          </Button>
          <Button color="red" onClick={act}>
            {children}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
