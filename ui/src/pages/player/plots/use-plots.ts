import { useQuery } from "@tanstack/react-query";
import { defaultPlots } from "../model/fields";
import { usePlaying } from "../playing";
import { fieldsQuery } from "../queries";
import { usePlace } from "../use-place";

// Fields in one plot beyond which nobody tells the lines apart.
const MOST_IN_ONE = 8;

/** What is plotted: each plot is its fields with commas between them. */
export function usePlots() {
  const { recording } = usePlaying();
  const { search, choose } = usePlace();
  const tree = useQuery(fieldsQuery(recording)).data;
  const plots = search.plots ?? (tree === undefined ? [] : defaultPlots(tree, recording.trigger));
  return {
    plots,
    /** Into a plot, or into a new one at the end. */
    add: (field: string, into?: number) => {
      const fields = plots[into ?? -1]?.split(",") ?? [];
      if (into === undefined) {
        if (!plots.includes(field)) choose({ plots: [...plots, field] });
      } else if (!fields.includes(field) && fields.length < MOST_IN_ONE) {
        choose({ plots: plots.map((plot, index) => (index === into ? [...fields, field].join(",") : plot)) });
      }
    },
    remove: (from: number, field: string) => {
      const left = (plots[from]?.split(",") ?? []).filter((one) => one !== field);
      const changed = plots.map((plot, index) => (index === from ? left.join(",") : plot));
      choose({ plots: changed.filter((plot) => plot !== "") });
    },
  };
}
