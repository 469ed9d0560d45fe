import { Box, Drawer, Flex, Text } from "@mantine/core";
import { IconTestPipe, IconUpload } from "@tabler/icons-react";
import { useState } from "react";
import { count } from "~/format/numbers";
import { Command } from "~/parts/command";
import { Empty } from "~/parts/empty";
import { PageButton, PageLink } from "~/parts/link";
import { Page } from "~/parts/page";
import { type Step, useUrl } from "~/parts/use-url";
import { ChosenBar } from "./chosen/chosen-bar";
import { FacetsPanel } from "./facets-panel";
import { FilterBar } from "./filter-bar";
import { RecordingsTable } from "./recordings-table";
import { type Filters, isNarrowed, type RecordingSearch, type Sort } from "./search";
import { useSelection } from "./use-selection";

/** Every recording of the fleet. */
export function RecordingsPage({ search }: { search: RecordingSearch }) {
  const url = useUrl();
  const selection = useSelection(search);
  const [total, setTotal] = useState<number | null>(null);
  const go = (change: RecordingSearch, step?: Step) => url(change, step);
  const narrow = (change: Filters) => go({ ...change, at: undefined });
  const sort = (key: Sort) => {
    const isSame = (search.sort ?? "recorded") === key;
    go({
      at: undefined,
      sort: key === "recorded" ? undefined : key,
      order: isSame && search.order === undefined ? "asc" : undefined,
    });
  };
  const facets = <FacetsPanel search={search} onChange={narrow} onMore={(more) => go({ more })} />;
  return (
    <Page
      title="Recordings"
      marks={total === null ? null : <Text c="dimmed">{count(total)}</Text>}
      actions={
        <>
          <PageButton to="/recordings/backtests" variant="default" leftSection={<IconTestPipe size={14} />}>
            Backtests
          </PageButton>
          <PageButton to="/recordings/upload" variant="default" leftSection={<IconUpload size={14} />}>
            Deliver files
          </PageButton>
        </>
      }
    >
      <FilterBar search={search} onChange={narrow} onNarrow={() => go({ narrow: true }, "opens")} />
      <Flex gap="md" align="flex-start">
        <Box w={190} flex="none" visibleFrom="md">
          {facets}
        </Box>
        <Box flex={1} miw={0}>
          <ChosenBar
            search={search}
            selection={selection}
            onAct={(act) => go({ act, part: undefined }, act === undefined ? "closes" : "opens")}
            onPart={(part) => go({ part })}
          />
          <RecordingsTable
            search={search}
            selection={selection}
            onSort={sort}
            onTotal={setTotal}
            onPlace={(at) => go({ at: at > 0 ? at : undefined })}
          >
            {() => <Nothing search={search} />}
          </RecordingsTable>
        </Box>
      </Flex>
      <Drawer
        opened={search.narrow === true}
        onClose={() => go({ narrow: undefined }, "closes")}
        title="Narrow the list"
        size="xs"
      >
        {facets}
      </Drawer>
    </Page>
  );
}

function Nothing({ search }: { search: RecordingSearch }) {
  if (isNarrowed(search)) return <Empty title="No recording is like this">Take one of the filters away.</Empty>;
  return (
    <Empty title="No recordings yet">
      A recorder on a robot delivers what a rule captured; or record on this machine from a file that you have:
      <Command
        text={`pilothouse recorder run --source replay:flight.mcap --hub ${window.location.origin} --trigger '/speed.data > 9'`}
      />
      Files that you have already can be <PageLink to="/recordings/upload">delivered from here</PageLink>.
    </Empty>
  );
}
