import { Modal } from "@mantine/core";
import { toTend } from "~/api/rights";
import { plural } from "~/format/numbers";
import { Permitted } from "~/parts/permitted";
import type { DialogName } from "../search";
import type { Selection } from "../use-selection";
import { CutForm } from "./cut-form";
import { DeleteForm } from "./delete-form";
import { DownloadForm } from "./download-form";
import { PinForm } from "./pin-form";

type Parting = { part: "start" | undefined; onPart: (part: "start" | undefined) => void };
export type FormProps = Parting & { ids: string[]; selection: Selection };

type Form = { title: string; form: (props: FormProps) => React.ReactNode; isKeeping?: true };
const FORMS: Record<DialogName, Form> = {
  pin: { title: "Pin", form: (props) => <PinForm {...props} />, isKeeping: true },
  unpin: { title: "Unpin", form: (props) => <PinForm {...props} isUnpin />, isKeeping: true },
  download: { title: "Download", form: (props) => <DownloadForm {...props} /> },
  cut: { title: "Cut a part out of", form: (props) => <CutForm {...props} /> },
  delete: { title: "Delete", form: (props) => <DeleteForm {...props} />, isKeeping: true },
};

type Props = Parting & { act: DialogName | undefined; selection: Selection; onClose: () => void };

/** The dialog of what is being done with the chosen recordings. */
export function Acting({ act, selection, onClose, ...parting }: Props) {
  const shown = act === undefined || selection.chosen.size === 0 ? undefined : FORMS[act];
  return (
    <Modal
      opened={shown !== undefined}
      onClose={onClose}
      title={shown === undefined ? "" : `${shown.title} ${plural(selection.chosen.size, "recording")}`}
      size="lg"
    >
      <Permitted to={shown?.isKeeping ? toTend : () => null}>
        {shown?.form({ ids: [...selection.chosen], selection, ...parting })}
      </Permitted>
    </Modal>
  );
}
