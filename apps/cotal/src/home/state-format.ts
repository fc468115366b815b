/** Of everything that cotal keeps on disk. A newer one is refused: what it means is not known here. */
export const stateFormat = 1;
