import { Skeleton, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { Failure } from "./failure";

type Asked<Data> = { data: Data | undefined; isError: boolean; error: unknown; refetch: () => unknown };

type Props<Data> = {
  query: Asked<Data>;
  /** What is shown of the data; an old answer stays while a newer one cannot be had. */
  children: (data: Data) => ReactNode;
  /** Shown while the first answer is awaited; a few grey lines unless told. */
  loading?: ReactNode;
};

/** Loading, failed, offline, forbidden or there: every part of a page that shows an answer of the hub goes through it. */
export function Answer<Data>({ query, children, loading }: Props<Data>) {
  const retry = () => void query.refetch();
  if (query.data !== undefined) {
    return (
      <>
        {query.isError ? <Failure error={query.error} retry={retry} /> : null}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) return <Failure error={query.error} retry={retry} />;
  return <>{loading ?? <Lines />}</>;
}

function Lines() {
  return (
    <Stack gap="xs" py="sm" role="status" aria-label="Loading" aria-busy>
      {[92, 78, 85].map((width) => (
        <Skeleton key={width} height={18} width={`${width}%`} />
      ))}
    </Stack>
  );
}
