/** The secret before a new one stays good for a day, so that the other side can change over in peace. */
export const OVERLAP_S = 86_400;
