export { MomentPreview, type PreviewPlace } from "./moment-preview";
