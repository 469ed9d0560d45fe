import { useQuery } from "@tanstack/react-query";
import type { PanelName } from "../model/place";
import { openedAtFirst, panelsOf } from "../model/suited";
import { usePlaying } from "../playing";
import { fieldsQuery } from "../queries";
import { usePlace } from "../use-place";

/** Which panels there can be, and which are open. */
export function usePanels() {
  const { recording } = usePlaying();
  const { search, choose } = usePlace();
  const possible = panelsOf(useQuery(fieldsQuery(recording)).data);
  const opened = (search.panels ?? openedAtFirst(possible)).filter((panel) => possible.includes(panel));
  return {
    possible,
    opened,
    open: (panel: PanelName) => {
      if (!opened.includes(panel)) choose({ panels: possible.filter((one) => one === panel || opened.includes(one)) });
    },
    close: (panel: PanelName) => choose({ panels: opened.filter((one) => one !== panel) }),
  };
}
