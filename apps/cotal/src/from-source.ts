/** Whether this runs from the sources in the repository, and not as it is published. */
export const fromSource: boolean = import.meta.url.endsWith(".ts");
