import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";
import { PlainButton } from "~/parts/button";

/** The one accent. Red is for danger and amber for attention, and nothing else is coloured. */
const accent: MantineColorsTuple = [
  "#e9f2fd",
  "#d2e2f6",
  "#a2c3ee",
  "#6fa3e6",
  "#4687df",
  "#2d75db",
  "#1f6cda",
  "#115bc2",
  "#0550ae",
  "#00459a",
];

// The list itself scrolls: an area around it would be one that no key reaches.
const scrolling = { maxHeight: 220, overflowY: "auto" } as const;

export const theme = createTheme({
  colors: { accent },
  primaryColor: "accent",
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, monospace",
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "18px" },
  spacing: { xs: "6px", sm: "10px", md: "14px", lg: "20px", xl: "28px" },
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "20px", lineHeight: "1.3" },
      h2: { fontSize: "16px", lineHeight: "1.35" },
      h3: { fontSize: "14px", lineHeight: "1.4" },
    },
  },
  components: {
    Button: { defaultProps: { size: "xs", component: PlainButton } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", component: PlainButton } },
    TextInput: { defaultProps: { size: "xs" } },
    PasswordInput: { defaultProps: { size: "xs" } },
    NumberInput: { defaultProps: { size: "xs" } },
    Textarea: { defaultProps: { size: "xs", autosize: true, minRows: 2 } },
    Select: { defaultProps: { size: "xs", withScrollArea: false }, styles: { options: scrolling } },
    MultiSelect: { defaultProps: { size: "xs", withScrollArea: false }, styles: { options: scrolling } },
    TagsInput: { defaultProps: { size: "xs", withScrollArea: false }, styles: { options: scrolling } },
    SegmentedControl: { defaultProps: { size: "xs" } },
    Checkbox: { defaultProps: { size: "xs" } },
    Switch: { defaultProps: { size: "xs" } },
    Tabs: { defaultProps: { keepMounted: false } },
    // A placeholder for the focus is no item of a menu: without one the first item has it.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Badge: { defaultProps: { variant: "light", radius: "sm", size: "sm" } },
    Table: { defaultProps: { verticalSpacing: 5, horizontalSpacing: "sm", fz: "sm" } },
    Modal: { defaultProps: { centered: true, closeButtonProps: { "aria-label": "Close" } } },
    Drawer: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    // A line around what is said: a coloured ground is loud, most of all in the dark.
    Alert: {
      defaultProps: { variant: "outline", closeButtonLabel: "Close" },
      styles: { title: { color: "var(--mantine-color-text)" } },
    },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": "Close this notice" } } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true, events: { hover: true, focus: true, touch: true } } },
    Anchor: { defaultProps: { underline: "hover" } },
  },
});

/** White words stand on it. */
const danger = { "--mantine-color-red-filled": "#c92a2a", "--mantine-color-red-filled-hover": "#b02323" };

/** Quiet text and the words in marks, dark or light enough to be read by everybody (4.5 to 1 on their ground). */
export const readable: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...danger,
    "--mantine-color-dimmed": "#5a6470",
    "--mantine-color-placeholder": "#6a737e",
    "--mantine-color-error": "#c21f1f",
    "--mantine-color-red-text": "#c21f1f",
    "--mantine-color-orange-text": "#a8480a",
    "--mantine-color-yellow-text": "#825500",
    "--mantine-color-red-light-color": "#a61b1b",
    "--mantine-color-orange-light-color": "#8f3a06",
    "--mantine-color-yellow-light-color": "#6f4b00",
    "--mantine-color-gray-light-color": "#3f474f",
  },
  dark: {
    ...danger,
    "--mantine-color-anchor": "#7eaeea",
    "--mantine-color-error": "#ff8787",
    "--mantine-color-dimmed": "#a0a6ad",
    "--mantine-color-placeholder": "#8f959c",
  },
});
