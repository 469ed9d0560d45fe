export { MomentPreview } from "./moment-preview";
