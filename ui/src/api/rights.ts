import { useQuery } from "@tanstack/react-query";
import { type WhoAmI, whoAmI } from "./session";

/** Why something cannot be done here, in words; null when it can. The hub judges; this only says so beforehand. */
export type Refusal = string | null;

type Me = Pick<WhoAmI, "kind" | "role" | "scopes"> | null | undefined;

const ADMINS_ONLY = "Only an admin or owner of the organization may do this; ask one of them.";

export function isAdmin(me: Me): boolean {
  return me?.role === "admin" || me?.role === "owner" || (me?.kind === "token" && me.scopes.includes("admin"));
}

/** To let in, to hand out tokens, to say what others may do or are told; never for somebody unknown. */
export function toAdminister(me: Me): Refusal {
  if (me === undefined || isAdmin(me)) return null;
  return me === null ? "Sign in to change anything here." : ADMINS_ONLY;
}

/** To decide about incidents, and to keep, delete or try rules on recordings; a hub without credentials lets anybody. */
export function toTend(me: Me): Refusal {
  return me === null || me?.kind === "shared" ? null : toAdminister(me);
}

export function useAdminister(): Refusal {
  return toAdminister(useQuery(whoAmI).data);
}

export function useTend(): Refusal {
  return toTend(useQuery(whoAmI).data);
}

/** For what is not even asked of the hub by who may not have it; undefined until it is known who asks. */
export function useKnown(to: (me: Me) => Refusal): Refusal | undefined {
  const { data, isPending } = useQuery(whoAmI);
  return isPending ? undefined : to(data);
}
