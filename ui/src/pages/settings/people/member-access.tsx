import { Button, Group, Modal, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { Answer } from "~/parts/answer";
import { Permitted } from "~/parts/permitted";
import { say, sayProblem } from "~/parts/say";
import { type Access, AccessFields } from "./access-fields";

type Props = { organizationId: string; member: Model<"Member"> | undefined; onClose: () => void };

/** Which boards one member may see or change. */
export function MemberAccess({ organizationId, member, onClose }: Props) {
  return (
    <Modal opened={member !== undefined} onClose={onClose} title={`Boards of ${member?.name ?? ""}`} size="lg">
      {member === undefined ? null : member.role === "owner" ? (
        <Text size="sm">An owner may see and change every board.</Text>
      ) : (
        <Permitted>
          <Editor organizationId={organizationId} userId={member.user_id} onDone={onClose} />
        </Permitted>
      )}
    </Modal>
  );
}

function Editor({ organizationId, userId, onDone }: { organizationId: string; userId: string; onDone: () => void }) {
  const queries = useQueryClient();
  const path = { organization_id: organizationId, user_id: userId };
  const [changed, setChanged] = useState<Access | null>(null);
  const access = useQuery({
    queryKey: ["members", organizationId, "access", userId],
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/organizations/{organization_id}/members/{user_id}/access", { params: { path }, signal }),
      ),
  });
  const save = useMutation({
    mutationFn: (wanted: Access) =>
      answered(
        api.PUT("/api/v1/organizations/{organization_id}/members/{user_id}/access", { params: { path }, body: wanted }),
      ),
    onSuccess: async () => {
      say("Access is as you said.");
      await queries.invalidateQueries({ queryKey: ["members"] });
      onDone();
    },
    onError: sayProblem,
  });
  return (
    <Answer query={access}>
      {(given) => (
        <>
          <AccessFields access={changed ?? given} change={setChanged} />
          <Group justify="flex-end" mt="md">
            <Button
              disabled={changed === null}
              loading={save.isPending}
              onClick={() => changed !== null && save.mutate(changed)}
            >
              Save
            </Button>
          </Group>
        </>
      )}
    </Answer>
  );
}
